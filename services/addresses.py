"""Where things are below a Moodle site, and the two names that the plugin has there."""

COMPONENT = "assignsubmission_s3video"
"""What Moodle calls the plugin: in its settings, its texts and its modules of JavaScript."""

PLUGIN = "/mod/assign/submission/s3video"
"""The plugin's own folder."""

VIDEO_PAGE = f"{PLUGIN}/view_video.php"
DOWNLOAD = f"{PLUGIN}/download_video.php"
DASHBOARD = f"{PLUGIN}/dashboard.php"
MANAGE_VIDEOS = f"{PLUGIN}/videomanagement.php"
UPLOAD_URL = f"{PLUGIN}/ajax/get_upload_url.php"
CONFIRMATION = f"{PLUGIN}/ajax/confirm_upload.php"
PLAYBACK_URL = f"{PLUGIN}/ajax/get_playback_url.php"

ENGLISH = {"lang": "en"}
"""Asked for once in the query of any page, Moodle speaks it for the rest of the session; log-in begins a new one."""

LOGIN = "/login/index.php"
LOGOUT = "/login/logout.php"
HOME = "/my/"
ASSIGNMENT = "/mod/assign/view.php"
MODULE_SETTINGS = "/course/modedit.php"
COURSE = "/course/view.php"
COURSE_SETTINGS = "/course/edit.php"
CATEGORIES = "/course/management.php"
PARTICIPANTS = "/user/index.php"
PROFILE = "/user/view.php"
ACCOUNT = "/user/editadvanced.php"
SETTINGS = "/admin/settings.php"
SETTINGS_CATEGORY = "/admin/category.php"
ADMINISTRATION = "/admin/search.php"
