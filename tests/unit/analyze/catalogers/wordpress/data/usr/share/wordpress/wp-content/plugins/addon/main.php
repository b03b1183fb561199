<?php /* Plugin Name: Add-on é */
# Version: 2.0.0-beta.1 */
// @license: https://example.org/licence
//	License: GPL-3.0-or-later
/* Requires Plugins: akismet, absent */
$version = 'Version: 9';
