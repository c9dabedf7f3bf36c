// How many bytes Moodle's data folder holds; nothing is written. Argument: Moodle's folder.
define('CLI_SCRIPT', true);
define('ABORT_AFTER_CONFIG', true);
require($argv[1] . '/config.php');
$bytes = 0;
$files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($CFG->dataroot, FilesystemIterator::SKIP_DOTS),
    RecursiveIteratorIterator::LEAVES_ONLY, RecursiveIteratorIterator::CATCH_GET_CHILD);
foreach ($files as $file) {
    $bytes += is_link($file) ? 0 : (int) @filesize($file);
}
echo "\n", $bytes, "\n";
