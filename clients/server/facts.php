// What Moodle's config.php, its files and its database say; nothing is written. Moodle itself is not started.
// Arguments: Moodle's folder; the database into which a dump was restored, if any. Prints one line of JSON.
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

// What asks the database of that name; it answers with rows.
function mysql(object $cfg, string $name): Closure {
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $options = (array) ($cfg->dboptions ?? []);
    $socket = $options['dbsocket'] ?? null;
    $socket = is_string($socket) && strpos($socket, '/') !== false ? $socket : null;
    $db = new mysqli($cfg->dbhost, $cfg->dbuser, $cfg->dbpass, $name, (int) ($options['dbport'] ?? 0), $socket);
    $db->set_charset('utf8mb4');
    $db->query('START TRANSACTION READ ONLY');
    return fn(string $sql): array => $db->query($sql)->fetch_all();
}

function postgres(object $cfg, string $name): Closure {
    $options = (array) ($cfg->dboptions ?? []);
    $told = ['host' => $cfg->dbhost, 'port' => $options['dbport'] ?? '', 'dbname' => $name,
        'user' => $cfg->dbuser, 'password' => $cfg->dbpass];
    if (!empty($options['dbsocket'])) {
        $told['host'] = is_string($options['dbsocket']) ? $options['dbsocket'] : '';
    }
    $words = '';
    foreach (array_filter($told) as $key => $value) {
        $words .= " $key='" . addcslashes($value, "'\\") . "'";
    }
    $db = @pg_connect($words, PGSQL_CONNECT_FORCE_NEW);
    if (!$db) {
        throw new RuntimeException('it lets nobody in');
    }
    pg_query($db, 'START TRANSACTION READ ONLY');
    return fn(string $sql): array => pg_fetch_all(pg_query($db, $sql), PGSQL_NUM) ?: [];
}

function may_create(array $grants, string $name): bool {
    foreach ($grants as [$grant]) {
        if (preg_match('/^GRANT (.+?) ON (\S+)\.\* TO /', $grant, $told)) {
            $where = str_replace(['`', '\\'], '', $told[2]);
            $here = $where === '*' || fnmatch(str_replace('%', '*', $where), $name);
            if ($here && array_intersect(explode(', ', $told[1]), ['ALL PRIVILEGES', 'CREATE'])) {
                return true;
            }
        }
    }
    return false;
}

$facts = ['wwwroot' => $CFG->wwwroot, 'sdk' => the_sdk($CFG->dirroot), 'composer_lists' => by_composer($CFG->dirroot),
    'owner' => fileowner($CFG->dataroot), 'owner_name' => '', 'user' => -1];
if (function_exists('posix_geteuid')) {
    $facts['user'] = posix_geteuid();
    $facts['owner_name'] = posix_getpwuid($facts['owner'])['name'] ?? '';
}
$pgsql = $CFG->dbtype === 'pgsql';
$connect = $pgsql ? 'postgres' : 'mysql';
$tables = 'SELECT table_name FROM information_schema.tables WHERE table_schema = '
    . ($pgsql ? 'current_schema()' : 'database()');
try {
    $ask = $connect($CFG, $CFG->dbname);
    $facts['upgrade_log'] = $ask("SELECT type, targetversion, info FROM {$CFG->prefix}upgrade_log
                                   WHERE plugin = 'assignsubmission_s3video' ORDER BY id");
    $facts['may_create'] = $pgsql ? $ask("SELECT has_schema_privilege(current_schema(), 'CREATE')")[0][0] === 't'
        : may_create($ask('SHOW GRANTS'), $CFG->dbname);
    if (isset($argv[2]) && $argv[2] !== $CFG->dbname) {
        $restored = $connect($CFG, $argv[2]);
        $missing = array_diff(array_column($ask($tables), 0), array_column($restored($tables), 0));
        $facts['missing'] = array_values($missing);
        $facts['restored'] = $missing ? null : $restored("SELECT value FROM {$CFG->prefix}config_plugins
            WHERE plugin = 'assignsubmission_s3video' AND name = 'version'")[0][0] ?? null;
    }
} catch (Throwable $reason) {
    $facts['no_database'] = get_class($reason);
}
echo "\n", json_encode($facts), "\n";
