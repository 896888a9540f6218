"""README.txt of the sample project."""

from __future__ import annotations

__all__ = ["README"]

README = """\
THE SAMPLE PROVINCE OF PHỦ SÓNG: SYNTHETIC DATA (DỮ LIỆU GIẢ LẬP)
==================================================================
Do not plan anything with these files. They show what Phủ Sóng does and what its input looks like.

REAL
- Names, types and positions of the 54 commune-level units since 1 July 2025 and of the 171 communes
  before, and which became which: vietnamadminunits 1.0.4 (PyPI), Copyright (c) 2025 Tran Ngoc Minh
  Hieu, MIT licence. 29 positions that lay in the sea or in another district were mended by hand.
- The coast: Natural Earth 10m land (public domain) from world-atlas 2.0.2 (npm), simplified. Land
  within about 1 km of a commune's position was added where that coast leaves out a peninsula or an
  island.
- Names, heights and approximate positions of summits and the run of ridges and rivers (general
  knowledge).
- Names of industrial zones, towns, tourism areas and hospitals, at approximate positions.
- Names of six hamlets from public reports: Khe Tiền, Ngàn Chi, Nà Hắc, Sú Cáu, Đài Van, Khu 10 (180
  households).
- Counts and dates of plans 13/KH-UBND and 130/KH-UBND: 54 stations, 66 hamlets with mobile service, 97
  of 113 hamlets with mobile broadband by the end of 2022, 16 with fixed broadband in the first quarter
  of 2023; 12 stations in 2023. The total of people, about 1.4 million; people by district of before
  2025 (weights).

MADE UP FROM A SEED (SYNTHETIC)
- The relief between the summits, small islands, forest and buildings (terrain.tif, clutter.tif, 90 m).
- The outline of the province (hand-drawn) and the areas of the communes (nearest position).
- All hamlets but six by name, and all by position, people, households, clusters, grid power.
- All masts, cells, on-air dates, bands of operators, power poles, fibre nodes, public-service points.
- All drive-test samples: an estimate of the strongest sector's level, 3 dB weaker (a loss that no model
  knows), with a random error of 7 dB. `phusong calibrate` finds an offset of some 2 dB and a sigma of some
  8 dB: the estimate itself is within a few dB of ITU-R P.1812.
- Which hamlets and stations the plans name. Five claims of plan 13 are untrue on purpose: a station on
  air later than reported, one switched off again, one not yet on air, two behind a ridge.

FILES
villages.csv uses Vietnamese headers, ';' and decimal commas; poles.csv is in VN-2000 (EPSG:5899); the
others are plain. They are like that so that you see that Phủ Sóng reads them all.
"""
