"""Results for other programs: Google Earth, QGIS, MapInfo, spreadsheets."""
