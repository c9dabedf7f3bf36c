// What Moodle's config.php, its files and its database say; nothing is written. Moodle itself is not started.
// Argument: Moodle's folder. Prints one line of JSON.
define('CLI_SCRIPT', true);
define('ABORT_AFTER_CONFIG', true);
require($argv[1] . '/config.php');

function the_sdk(string $root): array {
    $found = [];
    foreach (['vendor/aws/aws-sdk-php/src', 'mod/assign/submission/s3video/vendor/aws/aws-sdk-php/src',
            'local/aws/sdk/Aws', 'lib/aws-sdk/src'] as $folder) {
        $sdk = @file_get_contents("$root/$folder/Sdk.php");
        if ($sdk && preg_match("/VERSION = '([0-9.]+)'/", $sdk, $version)) {
            $found[$folder] = $version[1];
        }
    }
    return $found;
}

function by_composer(string $root): ?string {
    foreach (['vendor', 'mod/assign/submission/s3video/vendor'] as $folder) {
        $listed = json_decode((string) @file_get_contents("$root/$folder/composer/installed.json"), true);
        foreach ($listed['packages'] ?? $listed ?? [] as $package) {
            if (($package['name'] ?? '') === 'aws/aws-sdk-php') {
                return $package['version'];
            }
        }
    }
    return null;
}

function mysql_says(object $cfg): array {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $options = (array) ($cfg->dboptions ?? []);
    $socket = $options['dbsocket'] ?? null;
    $socket = is_string($socket) && strpos($socket, '/') !== false ? $socket : null;
    $db = new mysqli($cfg->dbhost, $cfg->dbuser, $cfg->dbpass, $cfg->dbname, (int) ($options['dbport'] ?? 0), $socket);
    $db->set_charset('utf8mb4');
    $db->query('START TRANSACTION READ ONLY');
    $log = $db->query("SELECT type, targetversion, info FROM {$cfg->prefix}upgrade_log
                        WHERE plugin = 'assignsubmission_s3video' ORDER BY id")->fetch_all();
    $create = false;
    foreach ($db->query('SHOW GRANTS')->fetch_all() as [$grant]) {
        if (preg_match('/^GRANT (.+?) ON (\S+)\.\* TO /', $grant, $told)) {
            $where = str_replace(['`', '\\'], '', $told[2]);
            $here = $where === '*' || fnmatch(str_replace('%', '*', $where), $cfg->dbname);
            $create = $create || $here && array_intersect(explode(', ', $told[1]), ['ALL PRIVILEGES', 'CREATE']);
        }
    }
    return [$log, $create];
}

function postgres_says(object $cfg): array {
    $options = (array) ($cfg->dboptions ?? []);
    $told = ['host' => $cfg->dbhost, 'port' => $options['dbport'] ?? '', 'dbname' => $cfg->dbname,
        'user' => $cfg->dbuser, 'password' => $cfg->dbpass];
    if (!empty($options['dbsocket'])) {
        $told['host'] = is_string($options['dbsocket']) ? $options['dbsocket'] : '';
    }
    $words = '';
    foreach (array_filter($told) as $name => $value) {
        $words .= " $name='" . addcslashes($value, "'\\") . "'";
    }
    $db = @pg_connect($words);
    if (!$db) {
        throw new RuntimeException('it lets nobody in');
    }
    pg_query($db, 'START TRANSACTION READ ONLY');
    $log = pg_fetch_all(pg_query($db, "SELECT type, targetversion, info FROM {$cfg->prefix}upgrade_log
                        WHERE plugin = 'assignsubmission_s3video' ORDER BY id"), PGSQL_NUM);
    $create = pg_fetch_row(pg_query($db, "SELECT has_schema_privilege(current_schema(), 'CREATE')"))[0] === 't';
    return [$log, $create];
}

$facts = ['wwwroot' => $CFG->wwwroot, 'sdk' => the_sdk($CFG->dirroot), 'composer_lists' => by_composer($CFG->dirroot),
    'owner' => fileowner($CFG->dataroot), 'owner_name' => '', 'user' => -1];
if (function_exists('posix_geteuid')) {
    $facts['user'] = posix_geteuid();
    $facts['owner_name'] = posix_getpwuid($facts['owner'])['name'] ?? '';
}
try {
    [$facts['upgrade_log'], $facts['may_create']] =
        $CFG->dbtype === 'pgsql' ? postgres_says($CFG) : mysql_says($CFG);
} catch (Throwable $reason) {
    $facts['no_database'] = get_class($reason);
}
echo "\n", json_encode($facts), "\n";
