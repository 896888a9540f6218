"""Jitted kernels of ITU-R P.1812-8: every receiver of a radial in one sweep, or one path at a time.

All kernels of the chain stand in this one module, because numba's disk cache does not notice an edit in
another file. They take and return plain arrays; `sweep` is the public face.

How it works
------------
*Geometry* walks a radial outwards and keeps state, so that each quantity of each receiver is exact at O(1)
or O(log n): running maxima seen from the transmitter, tangents to convex hulls (stacks) seen from the
receiver, and one multiply-add-max scan per line-of-sight receiver for ν. *Formulas* then run over blocks of
`BLOCK` receivers without a branch: with logarithms and powers of our own (polynomials, relative error <
1e-14) LLVM turns each loop into SIMD code. Everything that does not depend on frequency is computed once.

A block is one flat array: quantity Q of receiver i is ``block[Q + i]``, Q being a multiple of `BLOCK`. With
one base pointer and constant distances LLVM can prove that the loops carry no dependence; separate arrays
would need more run-time checks than it is willing to make, and stay scalar.

Flags: ``contract`` (fused multiply-add) in the formulas; ``nnan`` and ``nsz`` only in the scans for a
maximum, whose inputs are finite. Never ``reassoc``: the polynomials rely on the order of operations.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import JIT_ENABLED, kernel, larger

BLOCK = 128
PARTS = 16  # distances along a radial are whole parts of a step; a power of two, so that they are exact
NEAREST = 3 * PARTS // 2  # the least distance that has a point between the ends
FUSED = frozenset({"contract"})
MAXIMUM = frozenset({"nnan", "nsz"})

# Rows of a block. Path: what does not depend on frequency (lengths in km, heights in m, angles in mrad).
D = 0 * BLOCK  # path length
LAST = 1 * BLOCK  # number of evenly spaced points between the ends; 0 on an uneven profile
HTS = 2 * BLOCK  # antenna heights above sea level
HRS = 3 * BLOCK
HTE = 4 * BLOCK  # antenna heights above the smooth earth of the diffraction model
HRE = 5 * BLOCK
OMEGA = 6 * BLOCK  # fraction over sea
THETA_T = 7 * BLOCK  # horizon elevations: tangent in m/km until `_path_terms`, then mrad
THETA_R = 8 * BLOCK
THETA = 9 * BLOCK  # path angular distance
DLT = 10 * BLOCK  # horizon distances; their sum is right from the start, their parts once COMPLETE
DLR = 11 * BLOCK
CLEAR = 12 * BLOCK  # 1 on a line-of-sight path, else 0
HST = 13 * BLOCK  # smooth earth of the ducting model
HSR = 14 * BLOCK
DTM = 15 * BLOCK  # longest land and inland sections
DLM = 16 * BLOCK
DCT = 17 * BLOCK  # distances to the coast
DCR = 18 * BLOCK
PHI = 19 * BLOCK  # latitude of the path centre (degrees)
SPREAD = 20 * BLOCK  # location variability relative to (0.52 + 0.024 f)
INDEX_T = 21 * BLOCK  # profile points of the horizons
INDEX_R = 22 * BLOCK
HM = 23 * BLOCK  # terrain roughness, once COMPLETE
COMPLETE = 24 * BLOCK  # 1 once DLT, DLR and HM are known one by one
LOG_SLANT = 25 * BLOCK  # 10 log of the squared distance between the antennas
LOG_D = 26 * BLOCK  # 20 log d
NEAR = 27 * BLOCK  # weight of the model against free space
# Effective earth radius: once for the median earth and once for that of β0.
STIM = 28 * BLOCK  # slopes of the Bullington tangents (m/km)
SRIM = 29 * BLOCK
BULL_CLEAR = 30 * BLOCK  # 1 where Bullington takes the path as clear
NU_A = 31 * BLOCK  # ν·sqrt(λ) of the real path (given on clear paths)
NU_S = 32 * BLOCK  # the same of the smooth one (given where N is 0)
CLEARANCE = 33 * BLOCK  # smooth-earth clearance over the required one, for a wavelength of 1 m
ROOT = 34 * BLOCK  # (radius used in the first term) ** (-1/3)
LOG_ROOT = 35 * BLOCK  # its log2
# Time.
BETA0 = 36 * BLOCK
TAU = 37 * BLOCK
FI = 38 * BLOCK
FJ = 39 * BLOCK
FK = 40 * BLOCK
FOCUS_P = 41 * BLOCK  # E_sp and E_sβ (dB)
FOCUS_B = 42 * BLOCK
# Loss at one frequency (dB).
FIRST = 43 * BLOCK  # first term over land and over sea
FIRST_SEA = 44 * BLOCK
LD50 = 45 * BLOCK
LDB = 46 * BLOCK
LBA = 47 * BLOCK
EXCESS = 48 * BLOCK  # result: L_b minus free space
WANTED = 49 * BLOCK  # 1 where ducting may change the result
SLOT = 50 * BLOCK  # where a compacted receiver came from
STEP = 51 * BLOCK  # distance of the first point, and of the last one (km)
FARTHEST = 52 * BLOCK
AWAY = 53 * BLOCK  # path length in parts of a step
ROWS = 54

# Columns of the table of frequencies.
F_GHZ = 0
F_ROOT_WAVE = 1  # 1/sqrt(λ)
F_LOG20 = 2  # 20 log f
F_CUBE_ROOT = 3
F_CUBE_ROOT2 = 4
F_K_LAND = 5  # admittance times a^(1/3)
F_K_SEA = 6
F_LOG_K_LAND = 7  # log2 of them
F_LOG_K_SEA = 8
F_TROPO = 9  # 190.1 + L_f − 0.15 N_0 − time term
F_LOW = 10  # A_lf
F_SIGMA = 11  # (0.52 + 0.024 f)·(−I(p_L))
F_COLUMNS = 12

# Entries of the scenario.
P_PERCENT = 0
P_INVERSE = 1  # I(p/100)
P_LOG50 = 2  # log10(p/50)
AE = 3
ABETA = 4
TX_M = 5
RX_M = 6
SPREAD_WA = 7  # w_a^0.28
NEAR_FROM = 8  # free space up to here (km)
NEAR_TO = 9  # the model from here (km)
SCENARIO = 10

FAR_COAST_KM = 500.0
LOG10_2 = math.log10(2.0)
LOG2_10 = math.log2(10.0)
LOG2_E = math.log2(math.e)
LN_2 = math.log(2.0)

_ONE_EXPONENT = np.int64(1024 << 52)
_ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)  # bits of sqrt(1/2)
_MAGIC_EXPONENT = np.int64(0x4330000000000000)  # bits of 2^52
_ROUND = 6755399441055744.0  # 1.5 · 2^52: adding it rounds to an integer in the low bits
_ROUND_BITS = np.int64(0x4338000000000000)


# ---------------------------------------------------------------------------------------------------------
# Elementary functions without branches


@kernel(FUSED, inline=True)
def log2(x):
    """Binary logarithm of a normal x > 0; relative error < 1e-15 away from 1, absolute there."""
    bits = np.float64(x).view(np.int64)
    exponent = ((bits - _ROOT_HALF) + _ONE_EXPONENT) >> np.int64(52)
    m = np.int64(bits - ((exponent - np.int64(1024)) << np.int64(52))).view(np.float64)
    whole = np.int64(exponent | _MAGIC_EXPONENT).view(np.float64) - 4503599627371520.0
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 0.252872622045552 * z + 0.21723902187255312
    p = p * z + 0.2624679456185951
    p = p * z + 0.32059616597146706
    p = p * z + 0.41219860683585713
    p = p * z + 0.5770780162620675
    p = p * z + 0.9617966939260877
    p = p * z + 2.885390081777927
    return whole + s * p


@kernel(FUSED, inline=True)
def exp2(x):
    """2**x for any finite x, held within 2**±1000; relative error < 2e-15."""
    x = min(max(x, -1000.0), 1000.0)
    shifted = x + _ROUND
    f = x - (shifted - _ROUND)
    p = 7.078632506818394e-09 * f + 1.0205756439063408e-07
    p = p * f + 1.3215412363010159e-06
    p = p * f + 1.5252673571026777e-05
    p = p * f + 0.00015403530491274743
    p = p * f + 0.0013333558199945211
    p = p * f + 0.00961812910757742
    p = p * f + 0.05550410866465506
    p = p * f + 0.24022650695910147
    p = p * f + 0.6931471805599462
    p = p * f + 1.0
    power = (np.float64(shifted).view(np.int64) - _ROUND_BITS) << np.int64(52)
    return np.int64(np.float64(p).view(np.int64) + power).view(np.float64)


@kernel(FUSED, inline=True)
def atan(x):
    """Arc tangent; relative error < 2e-15."""
    t = abs(x)
    steep = t > 2.414213562373095
    middle = t > 0.41421356237309503
    over = -1.0 if steep else (t - 1.0 if middle else t)
    under = t if steep else (t + 1.0 if middle else 1.0)
    base = 0.5 * math.pi if steep else (0.25 * math.pi if middle else 0.0)
    y = over / under
    z = y * y
    p = -0.02531257647162869 * z + 0.05024655888458756
    p = p * z - 0.06506012287551981
    p = p * z + 0.07673551555217575
    p = p * z - 0.09089532682957771
    p = p * z + 0.11111049076537574
    p = p * z - 0.14285712670782522
    p = p * z + 0.19999999978557173
    p = p * z - 0.3333333333322229
    p = p * z + 0.9999999999999992
    return math.copysign(base + y * p, x)


@kernel(FUSED, inline=True)
def sin_of_third_asin(x):
    """sin(asin(x)/3) for −1 ≤ x ≤ 1: the root of a cubic in Cardano's casus irreducibilis."""
    t = min(abs(x), 1.0)
    upper = t > 0.5
    z = 0.5 * (1.0 - t) if upper else t * t
    y = math.sqrt(z)
    p = 0.031738281250000014 * z - 0.012010955810546875
    p = p * z + 0.018442428112030035
    p = p * z + 0.009314964711666113
    p = p * z + 0.014336823788471516
    p = p * z + 0.017312052604393103
    p = p * z + 0.02237506671599476
    p = p * z + 0.03038181360337831
    p = p * z + 0.04464286060104356
    p = p * z + 0.07499999995294222
    p = p * z + 0.16666666666691654
    p = p * z + 0.9999999999999998
    arc = (0.5 * math.pi - 2.0 * y * p if upper else y * p) / 3.0
    q = arc * arc
    s = -2.4910851319612573e-08 * q + 2.7556854423687914e-06
    s = s * q - 0.0001984126913788129
    s = s * q + 0.008333333332851425
    s = s * q - 0.16666666666665442
    s = s * q + 1.0
    return math.copysign(arc * s, x)


@kernel(FUSED, inline=True)
def _power(x, exponent):
    return exp2(exponent * log2(x))


# ---------------------------------------------------------------------------------------------------------
# Formulas over a block: what does not depend on frequency


@kernel(FUSED)
def _path_terms(w, m, scenario):
    """Angles in mrad, logarithms of distance, weight of the model near the transmitter."""
    per_km = 1000.0 / scenario[AE]
    near_from = scenario[NEAR_FROM]
    near_scale = 1.0 / (scenario[NEAR_TO] - near_from)
    for i in range(m):
        d = w[D + i]
        theta_t = 1000.0 * atan(0.001 * w[THETA_T + i])
        theta_r = 1000.0 * atan(0.001 * w[THETA_R + i])
        w[THETA_T + i] = theta_t
        w[THETA_R + i] = theta_r
        w[THETA + i] = per_km * d + theta_t + theta_r
        rise = 0.001 * (w[HTS + i] - w[HRS + i])
        w[LOG_SLANT + i] = 10.0 * LOG10_2 * log2(d * d + rise * rise)
        w[LOG_D + i] = 20.0 * LOG10_2 * log2(d)
        u = min(max((d - near_from) * near_scale, 0.0), 1.0)
        w[NEAR + i] = u * u * (3.0 - 2.0 * u)


@kernel(FUSED, inline=True)
def _nearest_samples(position, last):
    """Sample at or before a position (in steps) along the path, and the next one, both within 1 … last."""
    first = min(max(math.floor(position), 1.0), last)
    return first, min(first + 1.0, last)


@kernel(FUSED, inline=True)
def _smooth_slope_t(height, bulge, step, last, d):
    """Steepest ray (m/km) from the transmitter over a smooth earth sampled at 1 … last steps.

    The slope is concave along the path, so the best sample is next to the peak of the continuous curve.
    """
    a, b = _nearest_samples(math.sqrt(height / bulge) / step, last)
    at_a = bulge * (d - a * step) - height / (a * step)
    at_b = bulge * (d - b * step) - height / (b * step)
    return max(at_a, at_b)


@kernel(FUSED, inline=True)
def _smooth_slope_r(height, bulge, step, last, d):
    """The same from the receiver, at a distance d."""
    a, b = _nearest_samples((d - math.sqrt(height / bulge)) / step, last)
    at_a = bulge * a * step - height / (d - a * step)
    at_b = bulge * b * step - height / (d - b * step)
    return max(at_a, at_b)


@kernel(FUSED, inline=True)
def _smooth_nu(x, d, bulge, hte, hre):
    """ν·sqrt(λ) of one point of a smooth earth."""
    rest = d - x
    above = bulge * x * rest - (hte * rest + hre * x) / d
    return above * math.sqrt(0.002 * d / (x * rest))


@kernel(FUSED)
def _radius_terms(w, m, radius_km):
    """Bullington's ν for the real and the smooth path, and what the spherical earth needs, for one radius."""
    bulge = 500.0 / radius_km
    log_radius = log2(radius_km)
    for i in range(m):
        d = w[D + i]
        hts = w[HTS + i]
        hrs = w[HRS + i]
        clear = w[BULL_CLEAR + i] > 0.0
        stim = w[STIM + i]
        srim = w[SRIM + i]
        both = 1.0 if clear else stim + srim
        # The two tangents cross between the points they touch; near grazing rounding must not move it out.
        crossing = (hrs - hts + srim * d) / both
        crossing = min(max(crossing, w[STEP + i]), w[FARTHEST + i])
        crossing = 0.5 * d if clear else crossing
        rest = d - crossing
        height = hts + stim * crossing - (hts * rest + hrs * crossing) / d
        nu = height * math.sqrt(0.002 * d / (crossing * rest))
        w[NU_A + i] = w[NU_A + i] if clear else nu
    for i in range(m):
        d = w[D + i]
        hte = w[HTE + i]
        hre = w[HRE + i]
        total = hte + hre
        c = (hte - hre) / total
        x = 0.5 * bulge * d * d / total
        x1 = x + 1.0
        b = 2.0 * math.sqrt(x1 / (3.0 * x)) * sin_of_third_asin(1.5 * c * math.sqrt(3.0 * x / (x1 * x1 * x1)))
        d1 = 0.5 * d * (1.0 + min(max(b, -1.0), 1.0))
        d2 = d - d1
        lowest = ((hte - bulge * d1 * d1) * d2 + (hre - bulge * d2 * d2) * d1) / d
        roots = math.sqrt(hte) + math.sqrt(hre)
        # d_los, eq. (23): sqrt(2a)·(sqrt(0.001 h_te) + sqrt(0.001 h_re))
        beyond = d >= math.sqrt(0.002 * radius_km) * roots
        required = 17.456 * math.sqrt(max(d1 * d2, 1e-30) / d)
        w[CLEARANCE + i] = 0.0 if beyond else lowest / required
        log_modified = log2(500.0 * d * d / (roots * roots))
        log_root = -(log_radius if beyond else log_modified) / 3.0
        w[LOG_ROOT + i] = log_root
        w[ROOT + i] = exp2(log_root)
        w[NU_S + i] = w[NU_S + i] if w[LAST + i] == 0.0 else d1
    for i in range(m):
        even = w[LAST + i] > 0.0
        last = max(w[LAST + i], 1.0)
        d = w[D + i]
        step = w[STEP + i]
        hte = w[HTE + i]
        hre = w[HRE + i]
        stim = _smooth_slope_t(hte, bulge, step, last, d)
        srim = _smooth_slope_r(hre, bulge, step, last, d)
        clear = stim < (hre - hte) / d or stim + srim <= 0.0
        # ν of a clear smooth path has one peak: the reflection point d_1 of the spherical earth
        a, b = _nearest_samples(w[NU_S + i] / step, last)
        nu_clear = max(_smooth_nu(a * step, d, bulge, hte, hre), _smooth_nu(b * step, d, bulge, hte, hre))
        both = 1.0 if clear else stim + srim
        crossing = min(max((hre - hte + srim * d) / both, step), w[FARTHEST + i])
        rest = d - crossing
        height = hte + stim * crossing - (hte * rest + hre * crossing) / d
        nu = nu_clear if clear else height * math.sqrt(0.002 * d / (crossing * rest))
        w[NU_S + i] = nu if even else w[NU_S + i]


@kernel(FUSED, inline=True)
def _inverse_normal(x):
    """I(x) of attachment 2 for 1e-6 ≤ x ≤ 0.5."""
    t = math.sqrt(-2.0 * LN_2 * log2(x))
    over = (0.010328 * t + 0.802853) * t + 2.515516698
    return t - over / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0)


@kernel(FUSED)
def _time_terms(w, m, scenario):
    """β0, τ, multipath and focusing, and the three interpolation factors."""
    p = scenario[P_PERCENT]
    for i in range(m):
        tau = 1.0 - exp2(-LOG2_E * 4.12e-4 * _power(max(w[DLM + i], 1e-9), 2.41))
        first = exp2(-LOG2_10 * w[DTM + i] / (16.0 - 6.6 * tau))
        mu = min(_power(first + exp2(-5.0 * LOG2_10 * (0.496 + 0.354 * tau)), 0.2), 1.0)
        latitude = abs(w[PHI + i])
        low = latitude <= 70.0
        scale = LOG2_10 * (1.67 - 0.015 * latitude) if low else log2(4.17)
        beta0 = exp2(scale + log2(mu) * (1.0 + (-0.935 + 0.0176 * latitude if low else 0.3)))
        w[TAU + i] = tau
        w[BETA0 + i] = beta0
    for i in range(m):
        beta0 = w[BETA0 + i]
        # At p = 50 % the recommendation takes the median: I(0.5) is 0 but for the approximation's 1e-9.
        fi = scenario[P_INVERSE] / _inverse_normal(max(0.01 * beta0, 1e-6)) if p > beta0 else 1.0
        w[FI + i] = 0.0 if p >= 50.0 else fi
        spread = 2.6 * (1.0 - exp2(-0.1 * LOG2_E * (w[DLT + i] + w[DLR + i])))
        w[FOCUS_P + i] = spread * scenario[P_LOG50]
        w[FOCUS_B + i] = spread * LOG10_2 * log2(0.02 * beta0)
        # 1 − (1 + tanh x)/2 = 1/(1 + e^2x)
        w[FJ + i] = 1.0 / (1.0 + exp2(LOG2_E * 16.0 * (w[THETA + i] - 0.3)))
        w[FK + i] = 1.0 / (1.0 + exp2(LOG2_E * 0.15 * (w[D + i] - 20.0)))


# ---------------------------------------------------------------------------------------------------------
# Formulas over a block: one frequency


@kernel(FUSED, inline=True)
def _knife_edge(nu):
    v = max(nu, -0.78) - 0.1
    loss = 6.9 + 20.0 * LOG10_2 * log2(math.sqrt(v * v + 1.0) + v)
    return loss if nu > -0.78 else 0.0


@kernel(FUSED, inline=True)
def _bullington(nu, d):
    edge = _knife_edge(nu)
    return edge + (1.0 - exp2(-LOG2_E / 6.0 * edge)) * (10.0 + 0.02 * d)


@kernel(FUSED, inline=True)
def _height_gain(b, floor):
    far = b > 2.0
    logarithm = LOG10_2 * log2(b - 1.1 if far else b + 0.1 * b * b * b)
    gain = 17.6 * math.sqrt(max(b - 1.1, 0.0)) - 5.0 * logarithm - 8.0 if far else 20.0 * logarithm
    return max(gain, floor)


@kernel(FUSED)
def _first_term(w, m, k0, log_k0, root_f, root_f2):
    """First-term loss L_dft over one kind of ground, into FIRST."""
    for i in range(m):
        root = w[ROOT + i]
        k = k0 * root
        k2 = k * k
        beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
        x = 21.88 * beta * root_f * root * root * w[D + i]
        scale = 0.9575 * beta * beta * root_f2 * root
        log_x = log2(x)
        near = -20.0 * LOG10_2 * log_x - 5.6488 * exp2(1.425 * min(log_x, 1.0))
        distance = 11.0 + 10.0 * LOG10_2 * log_x - 17.6 * x if x >= 1.6 else near
        floor = 2.0 + 20.0 * LOG10_2 * (log_k0 + w[LOG_ROOT + i])
        gain_t = _height_gain(scale * w[HTE + i], floor)
        w[FIRST + i] = -distance - gain_t - _height_gain(scale * w[HRE + i], floor)


@kernel(FUSED)
def _diffraction(w, m, table, at):
    """Delta-Bullington loss L_d over one effective earth, into LD50."""
    root_wave = table[at + F_ROOT_WAVE]
    any_land = False
    any_sea = False
    for i in range(m):
        any_land |= w[OMEGA + i] < 1.0
        any_sea |= w[OMEGA + i] > 0.0
    root_f, root_f2 = table[at + F_CUBE_ROOT], table[at + F_CUBE_ROOT2]
    if any_sea:
        _first_term(w, m, table[at + F_K_SEA], table[at + F_LOG_K_SEA], root_f, root_f2)
        for i in range(m):
            w[FIRST_SEA + i] = w[FIRST + i]
    if any_land:
        _first_term(w, m, table[at + F_K_LAND], table[at + F_LOG_K_LAND], root_f, root_f2)
    if any_land != any_sea:
        for i in range(m):
            w[FIRST_SEA + i] = w[FIRST + i]
    for i in range(m):
        d = w[D + i]
        omega = w[OMEGA + i]
        first = omega * w[FIRST_SEA + i] + (1.0 - omega) * w[FIRST + i]
        open_sky = min(w[CLEARANCE + i] * root_wave, 1.0)
        # Beyond the horizon L_dsph may be negative, where it does not count: L_bulls ≥ 0.
        sphere = (1.0 - open_sky) * max(first, 0.0)
        actual = _bullington(w[NU_A + i] * root_wave, d)
        smooth = _bullington(w[NU_S + i] * root_wave, d)
        w[LD50 + i] = actual + max(sphere - smooth, 0.0)


@kernel(FUSED, inline=True)
def _troposcatter(w, i, constant):
    return constant + w[LOG_D + i] + 0.573 * w[THETA + i]


@kernel(FUSED, inline=True)
def _with_troposcatter(lbs, lbam):
    """L_bc, the power sum of troposcatter and everything else."""
    return min(lbs, lbam) - 5.0 * LOG10_2 * log2(1.0 + exp2(-0.2 * LOG2_10 * abs(lbs - lbam)))


@kernel(FUSED)
def _combine_median(w, m, table, at, scenario):
    """p = 50 % without ducting, and where ducting might matter.

    Ducting is a smooth minimum: it leaves L_bd alone where L_ba > L_bd. At 50 % its time term A_p is positive
    (β < 50 %), so coupling and angular loss bound L_ba from below.
    """
    f = table[at + F_GHZ]
    fixed = 92.4 + table[at + F_LOG20]
    tropo = table[at + F_TROPO]
    sigma = table[at + F_SIGMA]
    bound = 102.45 + table[at + F_LOG20] + table[at + F_LOW]
    root_f = table[at + F_CUBE_ROOT]
    per_mrad = 5.0e-5 * scenario[AE] * root_f
    per_km = 1000.0 / scenario[AE]
    for i in range(m):
        ld = w[LD50 + i]
        lbfs = fixed + w[LOG_SLANT + i]
        lbd = lbfs + ld
        lbc = _with_troposcatter(_troposcatter(w, i, tropo), lbd)
        lb = max(lbfs, lbc + sigma * w[SPREAD + i])
        weight = w[NEAR + i]
        w[EXCESS + i] = weight * (lb - lbfs) if weight > 0.0 else 0.0
    for i in range(m):
        lbd = fixed + w[LOG_SLANT + i] + w[LD50 + i]
        dlt = w[DLT + i]
        dlr = w[DLR + i]
        theta_t = w[THETA_T + i]
        theta_r = w[THETA_R + i]
        length = dlt + dlr
        # The horizon of a clear path is not known yet: somewhere between the first and the last point.
        known = w[COMPLETE + i] + 1.0 - w[CLEAR + i] > 0.0
        least_t = dlt if known else w[STEP + i]
        least_r = dlr if known else w[D + i] - w[FARTHEST + i]
        over_t = max(theta_t - 0.1 * (dlt if known else w[D + i]), 0.0)
        over_r = max(theta_r - 0.1 * (dlr if known else w[D + i]), 0.0)
        under_t = min(theta_t, 0.1 * least_t)
        under_r = min(theta_r, 0.1 * least_r)
        shield = 1.0 + 0.361 * over_t * math.sqrt(f * least_t)
        shield *= 1.0 + 0.361 * over_r * math.sqrt(f * least_r)
        least = bound + 20.0 * LOG10_2 * log2(length * shield)
        least += 0.264 * root_f * (over_t + over_r)
        least += per_mrad * (per_km * w[D + i] + under_t + under_r)
        least -= 12.0 if w[OMEGA + i] >= 0.75 else 0.0
        w[WANTED + i] = 1.0 if least < lbd and w[LD50 + i] > 0.0 else 0.0


@kernel(FUSED, inline=True)
def _sea_coupling(omega, coast, horizon, height):
    near = omega >= 0.75 and coast <= horizon and coast <= 5.0
    # −3·(1 + tanh x) = −6/(1 + e^−2x)
    gain = -6.0 * exp2(-0.25 * LOG2_E * coast * coast) / (1.0 + exp2(-0.14 * LOG2_E * (50.0 - height)))
    return gain if near else 0.0


@kernel(FUSED)
def _ducting(w, m, table, at, scenario):
    """Ducting and layer reflection L_ba, into LBA."""
    f = table[at + F_GHZ]
    root_f = table[at + F_CUBE_ROOT]
    fixed = 102.45 + table[at + F_LOG20] + table[at + F_LOW]
    ae = scenario[AE]
    per_mrad = 5.0e-5 * ae * root_f
    for i in range(m):
        dlt = w[DLT + i]
        dlr = w[DLR + i]
        over_t = max(w[THETA_T + i] - 0.1 * dlt, 0.0)
        over_r = max(w[THETA_R + i] - 0.1 * dlr, 0.0)
        shield = 1.0 + 0.361 * over_t * math.sqrt(f * dlt)
        shield *= 1.0 + 0.361 * over_r * math.sqrt(f * dlr)
        coupling = fixed + 20.0 * LOG10_2 * log2((dlt + dlr) * shield) + 0.264 * root_f * (over_t + over_r)
        omega = w[OMEGA + i]
        coupling += _sea_coupling(omega, w[DCT + i], dlt, w[HTS + i])
        coupling += _sea_coupling(omega, w[DCR + i], dlr, w[HRS + i])
        angle = 1000.0 * w[D + i] / ae + min(w[THETA_T + i], 0.1 * dlt) + min(w[THETA_R + i], 0.1 * dlr)
        w[LBA + i] = coupling + per_mrad * angle
    log_p = LOG10_2 * log2(scenario[P_PERCENT])
    for i in range(m):
        d = w[D + i]
        log_d = log2(d)
        alpha = max(-0.6 - 3.5e-9 * exp2(3.1 * log_d) * w[TAU + i], -3.4)
        roots = math.sqrt(w[HTS + i] - w[HST + i]) + math.sqrt(w[HRS + i] - w[HSR + i])
        log_mu2 = min(alpha * log2(500.0 * d * d / (ae * roots * roots)), 0.0)
        between = min(d - w[DLT + i] - w[DLR + i], 40.0)
        log_mu3 = -LOG2_E * 4.6e-5 * max(w[HM + i] - 10.0, 0.0) * (43.0 + 6.0 * between)
        log_beta = LOG10_2 * (log2(w[BETA0 + i]) + log_mu2 + log_mu3)
        decay = (9.51 - 4.8 * log_beta + 0.198 * log_beta * log_beta) * 1.0e-6 * exp2(1.13 * log_d)
        gamma = 1.076 * _power(2.0058 - log_beta, -1.012) * exp2(-LOG2_E * decay)
        log_ratio = log_p - log_beta
        w[LBA + i] += -12.0 + (1.2 + 3.7e-3 * d) * log_ratio + 12.0 * exp2(LOG2_10 * gamma * log_ratio)


@kernel(FUSED)
def _combine(w, m, table, at, scenario):
    """The complete combination of section 4.6 and location variability, into EXCESS."""
    p = scenario[P_PERCENT]
    fixed = 92.4 + table[at + F_LOG20]
    tropo = table[at + F_TROPO]
    sigma = table[at + F_SIGMA]
    for i in range(m):
        lbfs = fixed + w[LOG_SLANT + i]
        fi = w[FI + i]
        ld50 = w[LD50 + i]
        ldp = ld50 + fi * (w[LDB + i] - ld50)
        lb0p = lbfs + w[FOCUS_P + i]
        lbd50 = lbfs + ld50
        lbd = lb0p + ldp
        over_land = (1.0 - w[OMEGA + i]) * ldp
        lminb0p = lbd50 + (lbfs + w[FOCUS_B + i] + over_land - lbd50) * fi
        lminb0p = lb0p + over_land if p < w[BETA0 + i] else lminb0p
        lba = w[LBA + i]
        lminbap = max(lba, lb0p) + 2.5 * LN_2 * log2(1.0 + exp2(-0.4 * LOG2_E * abs(lba - lb0p)))
        lbda = lminbap + (lbd - lminbap) * w[FK + i] if lminbap <= lbd else lbd
        lbam = lbda + (lminb0p - lbda) * w[FJ + i]
        lbc = _with_troposcatter(_troposcatter(w, i, tropo), lbam)
        lb = max(lb0p, lbc + sigma * w[SPREAD + i])
        weight = w[NEAR + i]
        w[EXCESS + i] = weight * (lb - lbfs) if weight > 0.0 else 0.0


# ---------------------------------------------------------------------------------------------------------
# Scans along a profile


@kernel(MAXIMUM)
def _largest_nu(scaled, root_d, root_rest, slope):
    """Largest of (scaled_j + slope·root_d_j)·root_rest_j: one multiply-add-max a point."""
    best = -1e300
    for j in range(len(scaled)):
        best = larger(best, (scaled[j] + slope * root_d[j]) * root_rest[j])
    return best


@kernel()
def _largest_nu_index(scaled, root_d, root_rest, slope):
    """First point where the maximum of `_largest_nu` stands."""
    n = len(scaled)
    best = -1e300
    block = 0
    for start in range(0, n, 64):
        stop = min(start + 64, n)
        value = _largest_nu(scaled[start:stop], root_d[start:stop], root_rest[start:stop], slope)
        if value > best:
            best = value
            block = start
    index = block
    # the same operations in the same order: the maximum is met exactly
    while (scaled[index] + slope * root_d[index]) * root_rest[index] != best and index < n - 1:
        index += 1
    return index


@kernel(MAXIMUM)
def _roughness(height, distance, base, slope):
    """Largest height above a straight line (h_m)."""
    best = -1e300
    for j in range(len(height)):
        best = larger(best, height[j] - (base + slope * distance[j]))
    return best


@kernel(inline=True)
def _rest_of(root_rest, parts, last):
    """1/sqrt of the distance from points 1 … last to a receiver so many parts of a step away."""
    end = root_rest.shape[1] - parts // PARTS
    return root_rest[parts % PARTS, end : end + last]


@kernel()
def _complete(w, i, bulge, height, distance, scaled, root_d, root_rest):
    """Find the horizon of a line-of-sight receiver and the roughness: only ducting asks for them."""
    d = w[D + i]
    last = int(w[LAST + i])
    if w[CLEAR + i] > 0.0:
        slope = bulge * d - (w[HRS + i] - w[HTS + i]) / d
        rest = _rest_of(root_rest, int(w[AWAY + i]), last)
        index = 1 + _largest_nu_index(scaled[1 : last + 1], root_d[1 : last + 1], rest, slope)
        w[INDEX_T + i] = index
        w[INDEX_R + i] = index
        w[DLT + i] = distance[index]
        w[DLR + i] = d - distance[index]
    base = w[HST + i]
    slope = (w[HSR + i] - base) / d
    first, stop = int(w[INDEX_T + i]), int(w[INDEX_R + i]) + 1
    w[HM + i] = _roughness(height[first:stop], distance[first:stop], base, slope)
    w[COMPLETE + i] = 1.0


# ---------------------------------------------------------------------------------------------------------
# All formulas of a block


@kernel()
def _move_wanted(w, u, m):
    """Pack the receivers for which ducting may count into the front of `u`."""
    count = 0
    for i in range(m):
        if w[WANTED + i] > 0.0:
            u[SLOT + count] = i
            count += 1
    for row in range(STIM // BLOCK):
        start = row * BLOCK
        for j in range(count):
            u[start + j] = w[start + int(u[SLOT + j])]
    for j in range(count):
        loss = w[LD50 + int(u[SLOT + j])]
        u[LD50 + j] = loss
        u[LDB + j] = loss


@kernel(inline=True)
def _padded(m):
    """Whole SIMD strides: what stands behind the last receiver is computed too and thrown away."""
    return (m + 31) // 32 * 32 if JIT_ENABLED else m


@kernel()
def _add_ducting(w, u, m, table, at, scenario, height, distance, scaled, root_d, root_rest):
    """At 50 %: the complete combination where `_combine_median` asks for it."""
    wanted = 0
    for i in range(m):
        if w[WANTED + i] > 0.0:
            wanted += 1
            if w[COMPLETE + i] == 0.0:
                _complete(w, i, 500.0 / scenario[AE], height, distance, scaled, root_d, root_rest)
    if wanted == 0:
        return
    _move_wanted(w, u, m)
    padded = _padded(wanted)
    _time_terms(u, padded, scenario)
    _ducting(u, padded, table, at, scenario)
    _combine(u, padded, table, at, scenario)
    for j in range(wanted):
        w[EXCESS + int(u[SLOT + j])] = u[EXCESS + j]


@kernel()
def _losses(w, v, u, m, table, scenario, result, height, distance, scaled, root_d, root_rest):
    """Excess over free space of the m receivers of a block at every frequency, into result[f·BLOCK + i].

    The last five arrays describe the radial, for receivers that are not COMPLETE.
    """
    frequencies = len(table) // F_COLUMNS
    bulge = 500.0 / scenario[AE]
    padded = _padded(m)
    _path_terms(w, padded, scenario)
    _radius_terms(w, padded, scenario[AE])
    median = scenario[P_PERCENT] >= 50.0
    if not median:
        for start in (D, LAST, STEP, FARTHEST, HTS, HRS, HTE, HRE, OMEGA):
            for i in range(m):
                v[start + i] = w[start + i]
        _radius_terms(v, padded, scenario[ABETA])
        for i in range(m):
            if w[COMPLETE + i] == 0.0:
                _complete(w, i, bulge, height, distance, scaled, root_d, root_rest)
        _time_terms(w, padded, scenario)
    for f in range(frequencies):
        at = f * F_COLUMNS
        _diffraction(w, padded, table, at)
        if median:
            _combine_median(w, padded, table, at, scenario)
            _add_ducting(w, u, m, table, at, scenario, height, distance, scaled, root_d, root_rest)
        else:
            _diffraction(v, padded, table, at)
            for i in range(m):
                w[LDB + i] = v[LD50 + i]
            _ducting(w, padded, table, at, scenario)
            _combine(w, padded, table, at, scenario)
        for i in range(m):
            result[f * BLOCK + i] = w[EXCESS + i]


# ---------------------------------------------------------------------------------------------------------
# Terrain along a straight line


@kernel(inline=True)
def _inside(r, c, rows, columns):
    return -0.5 <= r <= rows - 0.5 and -0.5 <= c <= columns - 0.5


@kernel(inline=True)
def _bilinear(flat, rows, columns, row, column):
    """Value of a raveled raster between pixel centres, held within the outermost of them."""
    r = min(max(row, 0.0), rows - 1.0)
    c = min(max(column, 0.0), columns - 1.0)
    r0 = max(min(int(r), rows - 2), 0)
    c0 = max(min(int(c), columns - 2), 0)
    below = columns if rows > 1 else 0
    beside = 1 if columns > 1 else 0
    fr = r - r0
    fc = c - c0
    at = r0 * columns + c0
    a = np.float64(flat[at])
    b = np.float64(flat[at + beside])
    e = np.float64(flat[at + below])
    g = np.float64(flat[at + below + beside])
    # a void that has no weight must not count
    top = a + fc * (b - a) if fc > 0.0 else a
    top = b if fc >= 1.0 else top
    bottom = e + fc * (g - e) if fc > 0.0 else e
    bottom = g if fc >= 1.0 else bottom
    h = top + fr * (bottom - top) if fr > 0.0 else top
    return bottom if fr >= 1.0 else h


@kernel()
def sample_line(terrain, zones, clutter, row, column, row_step, column_step, n, height, zone, cover):
    """Sample n + 1 points along a line; stop at the raster's outer edge or a void.

    Heights are bilinear between pixel centres; zones and clutter are the nearest pixel's (classes do not
    mix).

    Parameters
    ----------
    terrain, zones, clutter : ndarrays, (rows, columns)
        `zones` may be empty: `zone` stays as it is. `clutter` may be empty: `cover` becomes 0.
    row, column : float
        Start, in pixels from the first pixel's centre.
    row_step, column_step : float
        From one point to the next.
    n : int
        Number of steps.
    height, zone, cover : ndarray
        Results, at least n + 1 long.

    Returns
    -------
    int
        Number of points sampled before the edge or a void, 0 … n + 1.
    """
    rows, columns = terrain.shape
    count = n + 1
    # the raster is convex: the last point inside tells for all before it
    while count > 0 and not _inside(
        row + (count - 1) * row_step, column + (count - 1) * column_step, rows, columns
    ):
        count -= 1
    if count == 0 or not _inside(row, column, rows, columns):
        return 0
    flat = terrain.ravel()
    voids = 0
    for i in range(count):
        h = _bilinear(flat, rows, columns, row + i * row_step, column + i * column_step)
        height[i] = h
        voids += 0 if h - h == 0.0 else 1
    if voids > 0:
        found = 0
        while math.isfinite(height[found]):
            found += 1
        count = found
    if zones.shape[0] > 0:
        _sample_nearest(zones, row, column, row_step, column_step, count, zone)
    if clutter.shape[0] > 0:
        _sample_nearest(clutter, row, column, row_step, column_step, count, cover)
        for i in range(count):
            cover[i] = cover[i] if cover[i] > 0.0 else 0.0
    else:
        cover[:count] = 0.0
    return count


@kernel()
def _sample_nearest(raster, row, column, row_step, column_step, count, values):
    rows, columns = raster.shape
    flat = raster.ravel()
    for i in range(count):
        r = int(min(max(row + i * row_step + 0.5, 0.0), rows - 1.0))
        c = int(min(max(column + i * column_step + 0.5, 0.0), columns - 1.0))
        values[i] = flat[r * columns + c]


# ---------------------------------------------------------------------------------------------------------
# One path at a time (exact mode and arbitrary profiles)


@kernel(inline=True)
def _spread(zone, cover, scenario):
    """w_a^0.28·u_h; no location variability at sea."""
    fade = 1.0 - min(max(0.1 * (scenario[RX_M] - cover), 0.0), 1.0)
    return 0.0 if zone == 1 else scenario[SPREAD_WA] * fade


@kernel()
def _sections(w, i, distance, zone, n):
    """Fraction over sea, longest land and inland sections, distances to the coast.

    A point stands for the path up to midway to its neighbours; the coast lies midway between land and sea.
    """
    sea = 0.0
    land = 0.0
    inland = 0.0
    longest_land = 0.0
    longest_inland = 0.0
    first_sea = -1
    last_sea = -1
    for j in range(n + 1):
        start = 0.5 * (distance[j - 1] + distance[j]) if j > 0 else distance[0]
        stop = 0.5 * (distance[j] + distance[j + 1]) if j < n else distance[n]
        share = stop - start
        if zone[j] == 1:
            sea += share
            first_sea = j if first_sea < 0 else first_sea
            last_sea = j
        land = land + share if zone[j] != 1 else 0.0
        inland = inland + share if zone[j] == 4 else 0.0
        longest_land = max(longest_land, land)
        longest_inland = max(longest_inland, inland)
    w[OMEGA + i] = sea / distance[n] if longest_land > 0.0 else 1.0
    w[DTM + i] = longest_land
    w[DLM + i] = longest_inland
    w[DCT + i] = FAR_COAST_KM
    w[DCR + i] = FAR_COAST_KM
    if first_sea >= 0:
        w[DCT + i] = 0.5 * (distance[first_sea - 1] + distance[first_sea]) if first_sea > 0 else 0.0
        w[DCR + i] = (
            distance[n] - 0.5 * (distance[last_sea] + distance[last_sea + 1]) if last_sea < n else 0.0
        )


@kernel()
def _smooth_earth(w, i, v1, v2, above, slope_t, slope_r, ground_t, ground_r):
    """Smooth-earth heights at both ends from the two sums and the obstruction above the ray."""
    d = w[D + i]
    hst = (2.0 * v1 * d - v2) / (d * d)
    hsr = (v2 - v1 * d) / (d * d)
    w[HST + i] = min(hst, ground_t)
    w[HSR + i] = min(hsr, ground_r)
    if above > 0.0:
        hst -= above * slope_t / (slope_t + slope_r)
        hsr -= above * slope_r / (slope_t + slope_r)
    w[HTE + i] = w[HTS + i] - min(hst, ground_t)
    w[HRE + i] = w[HRS + i] - min(hsr, ground_r)


@kernel()
def _bullington_scan(w, i, distance, height, cover, n, bulge, smooth):
    """Bullington's tangents (or ν on a clear path) by looking at every point, for row i of a block.

    With `smooth` the heights are 0 and the antennas stand at HTE and HRE: NU_S of an unevenly sampled
    profile.
    """
    d = distance[n]
    hts = w[HTE + i] if smooth else w[HTS + i]
    hrs = w[HRE + i] if smooth else w[HRS + i]
    stim = -1e300
    srim = -1e300
    nu = -1e300
    for j in range(1, n):
        x = distance[j]
        rest = d - x
        bulged = bulge * x * rest if smooth else height[j] + cover[j] + bulge * x * rest
        stim = max(stim, (bulged - hts) / x)
        srim = max(srim, (bulged - hrs) / rest)
        nu = max(nu, (bulged - (hts * rest + hrs * x) / d) * math.sqrt(0.002 * d / (x * rest)))
    clear = stim < (hrs - hts) / d or stim + srim <= 0.0
    if not smooth:
        w[STIM + i] = stim
        w[SRIM + i] = srim
        w[NU_A + i] = nu
        w[BULL_CLEAR + i] = 1.0 if clear else 0.0
        return
    if not clear:
        crossing = min(max((hrs - hts + srim * d) / (stim + srim), distance[1]), distance[n - 1])
        rest = d - crossing
        above = hts + stim * crossing - (hts * rest + hrs * crossing) / d
        nu = above * math.sqrt(0.002 * d / (crossing * rest))
    w[NU_S + i] = nu


@kernel()
def path_geometry(w, v, i, distance, height, cover, zone, n, even, scenario):
    """Fill row i of a block with the geometry of one profile of n + 1 ≥ 3 points, by plain scans.

    Parameters
    ----------
    w, v : ndarray of float64
        Blocks of the median earth and of that of β0.
    distance, height, cover : ndarray of float64
        Profile; points 0 … n are read.
    zone : ndarray of uint8
        1 sea, 3 coastal, 4 inland.
    even : bool
        The points are equally spaced.
    scenario : ndarray of float64
        See the entries' names at the top of the module.
    """
    d = distance[n]
    bulge = 500.0 / scenario[AE]
    hts = height[0] + scenario[TX_M]
    hrs = height[n] + scenario[RX_M]
    w[D + i] = d
    w[LAST + i] = n - 1 if even else 0
    w[STEP + i] = distance[1]
    w[FARTHEST + i] = distance[n - 1]
    w[HTS + i] = hts
    w[HRS + i] = hrs
    v1 = 0.0
    v2 = 0.0
    ray = (hrs - hts) / d
    above = -1e300
    slope_t = -1e300
    slope_r = -1e300
    seen_t = -1e300
    seen_r = -1e300
    index_t = 1
    index_r = 1
    clearest = -1e300
    clearest_at = 1
    for j in range(1, n + 1):
        x = distance[j]
        h = height[j]
        step = x - distance[j - 1]
        v1 += step * (h + height[j - 1])
        v2 += step * (h * (2.0 * x + distance[j - 1]) + height[j - 1] * (x + 2.0 * distance[j - 1]))
        if j == n:
            break
        rest = d - x
        over = h - (hts * rest + hrs * x) / d
        above = max(above, over)
        slope_t = max(slope_t, over / x)
        slope_r = max(slope_r, over / rest)
        from_t = (h - hts) / x - bulge * x
        from_r = (h - hrs) / rest - bulge * rest
        if from_t > seen_t:
            seen_t = from_t
            index_t = j
        if from_r >= seen_r:
            seen_r = from_r
            index_r = j
        clearance = (over + bulge * x * rest) / math.sqrt(x * rest)
        if clearance > clearest:
            clearest = clearance
            clearest_at = j
    _smooth_earth(w, i, v1, v2, above, slope_t, slope_r, height[0], height[n])
    clear = not seen_t > ray - bulge * d
    if clear:
        seen_t = ray - bulge * d
        seen_r = -ray - bulge * d
        index_t = clearest_at
        index_r = clearest_at
    w[CLEAR + i] = 1.0 if clear else 0.0
    w[THETA_T + i] = seen_t
    w[THETA_R + i] = seen_r
    w[DLT + i] = distance[index_t]
    w[DLR + i] = d - distance[index_r]
    slope = (w[HSR + i] - w[HST + i]) / d
    stop = index_r + 1
    w[HM + i] = _roughness(height[index_t:stop], distance[index_t:stop], w[HST + i], slope)
    w[COMPLETE + i] = 1.0
    _sections(w, i, distance, zone, n)
    w[SPREAD + i] = _spread(zone[n], cover[n], scenario)
    _bullington_scan(w, i, distance, height, cover, n, bulge, False)
    median = scenario[P_PERCENT] >= 50.0
    if not even:
        _bullington_scan(w, i, distance, height, cover, n, bulge, True)
    if not median:
        bulge = 500.0 / scenario[ABETA]
        for row in (HTS, HRS, HTE, HRE):
            v[row + i] = w[row + i]
        _bullington_scan(v, i, distance, height, cover, n, bulge, False)
        if not even:
            _bullington_scan(v, i, distance, height, cover, n, bulge, True)


@kernel()
def profile_losses(distance, height, cover, zone, phi, even, table, scenario):
    """Loss of one profile at every frequency (dB); `phi` is the latitude of the path centre."""
    frequencies = len(table) // F_COLUMNS
    w = np.zeros(ROWS * BLOCK)
    v = np.zeros(ROWS * BLOCK)
    u = np.zeros(ROWS * BLOCK)
    nothing = np.zeros(1)
    no_table = np.zeros((PARTS, 1))
    result = np.zeros(frequencies * BLOCK)
    path_geometry(w, v, 0, distance, height, cover, zone, len(distance) - 1, even, scenario)
    w[PHI] = phi
    _losses(w, v, u, 1, table, scenario, result, nothing, nothing, nothing, nothing, no_table)
    loss = np.empty(frequencies)
    for f in range(frequencies):
        loss[f] = 92.4 + table[f * F_COLUMNS + F_LOG20] + w[LOG_SLANT] + result[f * BLOCK]
    return loss


@kernel()
def point_losses(
    terrain,
    zones,
    clutter,
    row,
    column,
    point_rows,
    point_columns,
    km_per_pixel,
    phi0,
    phi_step,
    table,
    scenario,
):
    """Loss to listed points, each over a profile of its own (dB), shape (frequencies, points).

    Parameters
    ----------
    terrain, zones, clutter : ndarrays, (rows, columns)
        As in `sample_line`.
    row, column : float
        Transmitter, in pixels from the first pixel's centre.
    point_rows, point_columns : ndarray of float64
        Receivers.
    km_per_pixel : float
        Resolution.
    phi0, phi_step : float
        Latitude (degrees) of the first row's centre, and from one row to the next.
    table, scenario : ndarray of float64
        Frequencies and scenario.
    """
    frequencies = len(table) // F_COLUMNS
    points = len(point_rows)
    loss = np.full((frequencies, points), np.nan)
    w = np.zeros(ROWS * BLOCK)
    v = np.zeros(ROWS * BLOCK)
    u = np.zeros(ROWS * BLOCK)
    nothing = np.zeros(1)
    no_table = np.zeros((PARTS, 1))
    result = np.zeros(frequencies * BLOCK)
    longest = 2.0
    for k in range(points):
        pixels = math.hypot(point_rows[k] - row, point_columns[k] - column)
        longest = max(longest, pixels) if math.isfinite(pixels) else longest
    limit = terrain.shape[0] + terrain.shape[1] + 4.0
    space = int(min(longest, limit)) + 3
    distance = np.empty(space)
    height = np.empty(space)
    cover = np.empty(space)
    zone = np.empty(space, np.uint8)
    owner = np.empty(BLOCK, np.int64)
    m = 0
    for k in range(points):
        rise = point_rows[k] - row
        run = point_columns[k] - column
        pixels = math.hypot(rise, run)
        if pixels <= limit:  # false for NaN
            n = intervals(pixels)
            found = sample_line(
                terrain, zones, clutter, row, column, rise / n, run / n, n, height, zone, cover
            )
            if found == n + 1:
                d = max(pixels * km_per_pixel, 1e-6)
                for j in range(n + 1):
                    distance[j] = j * d / n
                distance[n] = d
                path_geometry(w, v, m, distance, height, cover, zone, n, n > 0, scenario)
                w[PHI + m] = phi0 + phi_step * (row + 0.5 * rise)
                owner[m] = k
                m += 1
        if m == BLOCK or (k == points - 1 and m > 0):
            _losses(w, v, u, m, table, scenario, result, nothing, nothing, nothing, nothing, no_table)
            for f in range(frequencies):
                fixed = 92.4 + table[f * F_COLUMNS + F_LOG20]
                for i in range(m):
                    loss[f, owner[i]] = fixed + w[LOG_SLANT + i] + result[f * BLOCK + i]
            m = 0
    return loss


@kernel()
def intervals(pixels):
    """Number of intervals of a profile so many pixels long: about one a pixel, at least two."""
    return max(2, math.ceil(pixels - 1e-9))


# ---------------------------------------------------------------------------------------------------------
# Upper convex hulls as stacks: vertices (x, y), and the slope of the edge that ends in each


@kernel()
def _hull_push(hull_x, hull_y, hull_slope, top, x, y):
    """Add a point to the right of all others; return the new top of the stack (−1 is empty)."""
    while top >= 1 and hull_y[top] + hull_slope[top] * (x - hull_x[top]) <= y:
        top -= 1
    slope = (y - hull_y[top]) / (x - hull_x[top]) if top >= 0 else math.inf
    top += 1
    hull_x[top] = x
    hull_y[top] = y
    hull_slope[top] = slope
    return top


@kernel()
def _hull_tangent(hull_x, hull_y, hull_slope, top, guess, x, y):
    """Vertex that a ray from (x, y), to the right of the hull, touches from above; the last one on a tie.

    An edge is passed when the point lies above its prolongation; edges are passed from the top of the stack
    down to some vertex. The neighbouring receiver's vertex is a good first guess.
    """
    k = min(guess, top)
    if y > hull_y[k] + hull_slope[k] * (x - hull_x[k]):
        jump = 1
        low = k - 1
        while low > 0 and y > hull_y[low] + hull_slope[low] * (x - hull_x[low]):
            k = low
            jump *= 2
            low = max(k - jump, 0)
        # edge k is passed, edge low is not
        while k - low > 1:
            middle = (k + low) // 2
            if y > hull_y[middle] + hull_slope[middle] * (x - hull_x[middle]):
                k = middle
            else:
                low = middle
        return low
    jump = 1
    high = k + 1
    while high <= top and not y > hull_y[high] + hull_slope[high] * (x - hull_x[high]):
        k = high
        jump *= 2
        high = k + jump
    high = min(high, top + 1)
    while high - k > 1:
        middle = (k + high) // 2
        if y > hull_y[middle] + hull_slope[middle] * (x - hull_x[middle]):
            high = middle
        else:
            k = middle
    return k


@kernel()
def _hull_extreme(hull_slope, top, guess, slope):
    """Vertex that lies highest above lines of the given slope."""
    k = min(guess, top)
    while hull_slope[k] < slope:
        k -= 1
    while k < top and hull_slope[k + 1] >= slope:
        k += 1
    return k


# ---------------------------------------------------------------------------------------------------------
# The sweep


@kernel(FUSED)
def _radial_arrays(height, surface, distance, root_d, n, hts, bulge, seen, scaled):
    """Slopes towards each point without the receiver's share, and the points as `_largest_nu` wants them."""
    for j in range(1, n + 1):
        seen[j] = (surface[j] - hts) / distance[j] - bulge * distance[j]
    for j in range(1, n + 1):
        scaled[j] = (surface[j] - hts - bulge * distance[j] * distance[j]) / root_d[j]


@kernel()
def sweep_tables(n, step_km):
    """Distances of points 0 … n, their square roots, and 1/sqrt of distances in parts of a step.

    ``root_rest[k % PARTS]`` read backwards gives the distances from a receiver at k parts to the points.
    """
    distance = np.arange(n + 1) * step_km
    root_rest = np.zeros((PARTS, n + 1))
    for phase in range(PARTS):
        for j in range(n + 1):
            parts = PARTS * j + phase
            if parts > 0:
                root_rest[phase, n - j] = 1.0 / math.sqrt(parts / PARTS * step_km)
    return distance, np.sqrt(distance), root_rest


@kernel(inline=True)
def points_before(parts):
    """Number of points between the ends of a path so many parts of a step long.

    The last interval is at least half a step long: a point closer to the receiver tells nothing new.
    """
    return (parts - PARTS // 2) // PARTS


@kernel()
def sweep_radial(
    height,
    surface,
    zone,
    points,
    parts,
    receiver_height,
    receiver_cover,
    receiver_zone,
    receivers,
    phi0,
    phi_step,
    distance,
    root_d,
    root_rest,
    stacks,
    table,
    scenario,
    w,
    v,
    u,
    result,
    line,
):
    """Excess over free space of every receiver along a radial, into line[f, receiver].

    Parameters
    ----------
    height, surface : ndarray of float64
        Terrain, and terrain with clutter, at points 0 … `points`.
    zone : ndarray of uint8
        Zones at the points.
    points : int
        Last point that the paths may use.
    parts : ndarray of int64, (receivers,)
        Distance of each receiver in `PARTS` of a step, ascending, at least `NEAREST`.
    receiver_height, receiver_cover, receiver_zone : ndarray, (receivers,)
        Terrain, clutter and zone at the receivers.
    receivers : int
        Number of receivers.
    phi0, phi_step : float
        Latitude of the path centre for a receiver at 0, and its change from one step to the next.
    distance, root_d, root_rest : ndarray of float64
        From `sweep_tables`.
    stacks : ndarray of float64, (18, points + 1)
        Working space.
    table, scenario : ndarray of float64
        Frequencies and scenario.
    w, v, u, result : ndarray of float64
        Blocks and their results: working space.
    line : ndarray of float64, (frequencies, receivers)
        Result (dB).
    """
    frequencies = len(table) // F_COLUMNS
    median = scenario[P_PERCENT] >= 50.0
    step = distance[1]
    bulge = 500.0 / scenario[AE]
    bulge_b = 500.0 / scenario[ABETA]
    bulge_i = bulge * step * step
    bulge_bi = bulge_b * step * step
    hts = height[0] + scenario[TX_M]
    rx = scenario[RX_M]
    seen_g, scaled_g = stacks[0], stacks[1]
    seen_h, scaled_h = stacks[2], stacks[3]
    seen_b, scaled_b = stacks[4], stacks[5]
    gx, gy, gs = stacks[6], stacks[7], stacks[8]
    rawx, rawy, raws = stacks[9], stacks[10], stacks[11]
    tx, ty, ts = stacks[12], stacks[13], stacks[14]
    bx, by, bs = stacks[15], stacks[16], stacks[17]
    covered = False
    mixed = False
    for j in range(points + 1):
        covered |= surface[j] > height[j]
        mixed |= zone[j] != zone[0]
    for k in range(receivers):
        mixed |= receiver_zone[k] != zone[0]
    _radial_arrays(height, surface, distance, root_d, points, hts, bulge, seen_g, scaled_g)
    if covered:
        _radial_arrays(height, height, distance, root_d, points, hts, bulge, seen_h, scaled_h)
    else:
        seen_h, scaled_h = seen_g, scaled_g
    if not median:
        _radial_arrays(height, surface, distance, root_d, points, hts, bulge_b, seen_b, scaled_b)

    top_g = top_raw = top_t = top_b = -1
    k_g = k_raw = k_x = k_t = k_b = 0
    max_g = max_h = max_b = max_raw = -1e300
    index_h = 1
    v1 = 0.0
    v2 = 0.0
    sea_km = 0.5 * step if zone[0] == 1 else 0.0
    land_run = 0.0 if zone[0] == 1 else 0.5 * step
    inland_run = 0.5 * step if zone[0] == 4 else 0.0
    land_done = 0.0
    inland_done = 0.0
    coast_t = 0.0 if zone[0] == 1 else FAR_COAST_KM
    last_sea = 0 if zone[0] == 1 else -1
    m = 0
    i = 0
    for receiver in range(receivers):
        last = points_before(parts[receiver])
        # the points that this receiver's path has and the one before it had not
        while i < last:
            i += 1
            d = distance[i]
            h = height[i]
            before = height[i - 1]
            v1 += step * (h + before)
            v2 += step * (h * (2.0 * d + distance[i - 1]) + before * (d + 2.0 * distance[i - 1]))
            max_g = max(max_g, seen_g[i])
            if max_h < seen_h[i]:
                max_h = seen_h[i]
                index_h = i
            max_raw = max(max_raw, (h - hts) / d)
            x = np.float64(i)
            top_g = _hull_push(gx, gy, gs, top_g, x, surface[i] - bulge_i * x * x)
            top_raw = _hull_push(rawx, rawy, raws, top_raw, x, h)
            if covered:
                top_t = _hull_push(tx, ty, ts, top_t, x, h - bulge_i * x * x)
            if not median:
                max_b = max(max_b, seen_b[i])
                top_b = _hull_push(bx, by, bs, top_b, x, surface[i] - bulge_bi * x * x)
            if mixed:
                if zone[i] == 1:
                    sea_km += step
                    coast_t = min(coast_t, d - 0.5 * step)
                    last_sea = i
                    land_done = max(land_done, land_run)
                    land_run = 0.0
                else:
                    land_run += step
                if zone[i] == 4:
                    inland_run += step
                else:
                    inland_done = max(inland_done, inland_run)
                    inland_run = 0.0

        x = parts[receiver] / PARTS
        d = x * step
        h = receiver_height[receiver]
        hrs = h + rx
        ray = (hrs - hts) / d
        w[D + m] = d
        w[LAST + m] = last
        w[STEP + m] = step
        w[FARTHEST + m] = distance[last]
        w[AWAY + m] = parts[receiver]
        w[HTS + m] = hts
        w[HRS + m] = hrs
        w[PHI + m] = phi0 + phi_step * x
        w[SPREAD + m] = _spread(receiver_zone[receiver], receiver_cover[receiver], scenario)
        # smooth earth
        above = 0.0
        slope_t = max_raw - ray
        slope_r = 0.0
        if slope_t > 0.0:
            k_x = _hull_extreme(raws, top_raw, k_x, ray * step)
            j = int(rawx[k_x])
            above = height[j] - (hts * (d - distance[j]) + hrs * distance[j]) / d
            k_raw = _hull_tangent(rawx, rawy, raws, top_raw, k_raw, x, hrs)
            j = int(rawx[k_raw])
            slope_r = (height[j] - hrs) / (d - distance[j]) + ray
        end = d - distance[last]
        all_v1 = v1 + end * (h + height[last])
        all_v2 = v2 + end * (h * (2.0 * d + distance[last]) + height[last] * (d + 2.0 * distance[last]))
        _smooth_earth(w, m, all_v1, all_v2, above, slope_t, slope_r, height[0], h)
        # Bullington over the median earth
        stim = max_g + bulge * d
        srim = 0.0
        clear = stim < ray
        j = -1
        if not clear:
            k_g = _hull_tangent(gx, gy, gs, top_g, k_g, x, hrs - bulge * d * d)
            j = int(gx[k_g])
            srim = (surface[j] - hrs) / (d - distance[j]) + bulge * distance[j]
            clear = stim + srim <= 0.0
        w[STIM + m] = stim
        w[SRIM + m] = srim
        w[BULL_CLEAR + m] = 1.0 if clear else 0.0
        if clear:
            rest = _rest_of(root_rest, parts[receiver], last)
            largest = _largest_nu(scaled_g[1 : last + 1], root_d[1 : last + 1], rest, bulge * d - ray)
            w[NU_A + m] = largest * math.sqrt(0.002 * d)
        # horizons
        clear_h = not max_h > ray - bulge * d
        w[CLEAR + m] = 1.0 if clear_h else 0.0
        w[COMPLETE + m] = 0.0
        if clear_h:
            w[THETA_T + m] = ray - bulge * d
            w[THETA_R + m] = -ray - bulge * d
            w[DLT + m] = d
            w[DLR + m] = 0.0
        else:
            if covered:
                k_t = _hull_tangent(tx, ty, ts, top_t, k_t, x, hrs - bulge * d * d)
                j = int(tx[k_t])
            elif j < 0:
                k_g = _hull_tangent(gx, gy, gs, top_g, k_g, x, hrs - bulge * d * d)
                j = int(gx[k_g])
            w[THETA_T + m] = max_h
            w[THETA_R + m] = (height[j] - hrs) / (d - distance[j]) - bulge * (d - distance[j])
            w[DLT + m] = distance[index_h]
            w[DLR + m] = d - distance[j]
            w[INDEX_T + m] = index_h
            w[INDEX_R + m] = j
        # Bullington over the earth of β0
        if not median:
            stim = max_b + bulge_b * d
            srim = 0.0
            clear = stim < ray
            if not clear:
                k_b = _hull_tangent(bx, by, bs, top_b, k_b, x, hrs - bulge_b * d * d)
                j = int(bx[k_b])
                srim = (surface[j] - hrs) / (d - distance[j]) + bulge_b * distance[j]
                clear = stim + srim <= 0.0
            v[STIM + m] = stim
            v[SRIM + m] = srim
            v[BULL_CLEAR + m] = 1.0 if clear else 0.0
            if clear:
                rest = _rest_of(root_rest, parts[receiver], last)
                largest = _largest_nu(scaled_b[1 : last + 1], root_d[1 : last + 1], rest, bulge_b * d - ray)
                v[NU_A + m] = largest * math.sqrt(0.002 * d)
        # zones: the last point stands for the path up to midway to the receiver
        kind = receiver_zone[receiver]
        if mixed:
            half = 0.5 * end
            excess = half - 0.5 * step
            land = land_run + (excess if zone[last] != 1 else 0.0) + (half if kind != 1 else 0.0)
            inland = inland_run + (excess if zone[last] == 4 else 0.0) + (half if kind == 4 else 0.0)
            if kind == 1:
                land = land_run + (excess if zone[last] != 1 else 0.0)
            w[DTM + m] = max(land_done, land)
            w[DLM + m] = max(inland_done, inland)
            sea = sea_km + (excess if zone[last] == 1 else 0.0) + (half if kind == 1 else 0.0)
            w[OMEGA + m] = sea / d if w[DTM + m] > 0.0 else 1.0
            w[DCT + m] = min(coast_t, d - half) if kind == 1 else coast_t
            w[DCR + m] = 0.0
            if kind != 1:
                w[DCR + m] = FAR_COAST_KM
                if last_sea >= 0:
                    midway = distance[last] + half if last_sea == last else distance[last_sea] + 0.5 * step
                    w[DCR + m] = d - midway
        else:
            w[OMEGA + m] = 1.0 if kind == 1 else 0.0
            w[DTM + m] = 0.0 if kind == 1 else d
            w[DLM + m] = d if kind == 4 else 0.0
            w[DCT + m] = coast_t
            w[DCR + m] = coast_t
        m += 1
        if m == BLOCK or receiver == receivers - 1:
            _losses(w, v, u, m, table, scenario, result, height, distance, scaled_h, root_d, root_rest)
            for f in range(frequencies):
                for k in range(m):
                    line[f, receiver - m + 1 + k] = result[f * BLOCK + k]
            m = 0


@kernel()
def line_losses(
    height,
    cover,
    zone,
    step_km,
    parts,
    receiver_height,
    receiver_cover,
    receiver_zone,
    phi0,
    phi_step,
    table,
    scenario,
):
    """Loss (dB) to receivers along one radial, shape (frequencies, receivers).

    Parameters
    ----------
    height, cover, zone : ndarray
        Points 0 … n of the radial.
    step_km : float
        Their distance.
    parts, receiver_height, receiver_cover, receiver_zone, phi0, phi_step, table, scenario
        As in `sweep_radial`.
    """
    frequencies = len(table) // F_COLUMNS
    nodes = len(height)
    receivers = len(parts)
    distance, root_d, root_rest = sweep_tables(nodes, step_km)
    line = np.zeros((frequencies, receivers))
    w = np.zeros(ROWS * BLOCK)
    v = np.zeros(ROWS * BLOCK)
    u = np.zeros(ROWS * BLOCK)
    result = np.zeros(frequencies * BLOCK)
    stacks = np.zeros((18, nodes))
    sweep_radial(
        height,
        height + cover,
        zone,
        nodes - 1,
        parts,
        receiver_height,
        receiver_cover,
        receiver_zone,
        receivers,
        phi0,
        phi_step,
        distance,
        root_d,
        root_rest,
        stacks,
        table,
        scenario,
        w,
        v,
        u,
        result,
        line,
    )
    for f in range(frequencies):
        for k in range(receivers):
            d = parts[k] / PARTS * step_km
            rise = 0.001 * (height[0] + scenario[TX_M] - receiver_height[k] - scenario[RX_M])
            line[f, k] += 92.4 + table[f * F_COLUMNS + F_LOG20] + 10.0 * LOG10_2 * log2(d * d + rise * rise)
    return line


@kernel()
def _pixels_of_ray(terrain, row, column, along_row, along_column, half_width, range_pixels, parts, pixel):
    """Find the pixels nearest to a ray, by distance; return their number.

    One step along the longer axis at a time there is at most one: rays are closer together than pixels. A
    pixel midway between two rays may be found by both; that is harmless.

    Parameters
    ----------
    along_row, along_column : float
        Direction of the ray, of length 1.
    half_width : float
        Tangent of half the angle between rays.
    parts, pixel : ndarray of int64
        Results: distance in parts of a pixel and index in the raveled terrain.
    """
    rows, columns = terrain.shape
    steep = abs(along_row) > abs(along_column)
    major = along_row if steep else along_column
    minor = along_column if steep else along_row
    origin = row if steep else column
    other = column if steep else row
    count_major = rows if steep else columns
    count_minor = columns if steep else rows
    sign = 1 if major > 0.0 else -1
    at = math.ceil(origin) if sign > 0 else math.floor(origin)
    slope = minor / major
    width = half_width * (1.0 + 1e-9)
    found = 0
    while 0 <= at < count_major:
        a = at - origin
        there = math.floor(other + a * slope + 0.5)
        b = there - other
        dot = a * major + b * minor
        if a * a > range_pixels * range_pixels:
            break
        cross = abs(b * major - a * minor)
        if cross <= width * dot and 0 <= there < count_minor:
            pixels = math.sqrt(a * a + b * b)
            if pixels <= range_pixels:
                parts[found] = int(PARTS * pixels + 0.5)
                pixel[found] = at * columns + there if steep else there * columns + at
                found += 1
        at += sign
    return found


@kernel()
def _zones_to_sample(zones, row, column, reach, zone):
    """Zones around the transmitter, or nothing where they are all one, which then fills `zone`."""
    top, left = max(int(row) - reach, 0), max(int(column) - reach, 0)
    kind = zones[top, left]
    for r in range(top, min(int(row) + reach + 2, zones.shape[0])):
        differ = 0
        for c in range(left, min(int(column) + reach + 2, zones.shape[1])):
            differ += zones[r, c] != kind
        if differ > 0:
            return zones
    zone[:] = kind
    return zones[:0]


@kernel(FUSED)
def _add_free_space(squared, count, climb, fixed, line, f, values):
    for k in range(count):
        slant = max(squared[k] + climb[k] * climb[k], 1e-6)
        values[k] = fixed + 10.0 * LOG10_2 * log2(slant) + line[f, k]


@kernel()
def sweep(
    terrain,
    zones,
    clutter,
    row,
    column,
    range_pixels,
    rays,
    km_per_pixel,
    phi0,
    phi_step,
    table,
    scenario,
    row_from,
    column_from,
    loss,
    wanted_ray,
    wanted_pixel,
):
    """Loss of every pixel around a transmitter: each is a receiver on the ray nearest to its centre.

    The receiver has the pixel's own clutter and zone, and its distance rounded to a sixteenth of a pixel. The
    terrain is the ray's, at the receiver too: on a slope the pixel's own height would stand off the ground
    of the ray. Free space is added for the pixel's own distance and height. Pixels behind a void stay as
    they are in `loss`.

    Parameters
    ----------
    terrain, zones, clutter : ndarrays, (rows, columns)
        As in `sample_line`.
    row, column : float
        Transmitter, in pixels from the first pixel's centre.
    range_pixels : float
        Range.
    rays : int
        Number of azimuths, clockwise from north; at the range they must lie less than 0.7 pixels apart.
    km_per_pixel, phi0, phi_step, table, scenario
        As in `point_losses`.
    row_from, column_from : int
        Upper left pixel of the window.
    loss : ndarray of float32, (frequencies, rows, columns)
        Result (dB). All columns in range must be in it, or all wanted pixels; rows outside it are left out
        and change nothing.
    wanted_ray : ndarray of bool, (rays,)
        Rays that are not wanted are left out, which changes nothing on the others.
    wanted_pixel : ndarray of bool, (rows, columns) or (0, 0)
        Of the terrain: pixels that are not wanted are left out likewise. (0, 0): all are wanted.
    """
    frequencies = len(table) // F_COLUMNS
    rows, columns = terrain.shape
    first_wanted, past_wanted = row_from * columns, (row_from + loss.shape[1]) * columns
    reach = math.ceil(range_pixels) + 1
    w = np.zeros(ROWS * BLOCK)
    v = np.zeros(ROWS * BLOCK)
    u = np.zeros(ROWS * BLOCK)
    result = np.zeros(frequencies * BLOCK)
    stacks = np.zeros((18, reach + 1))
    height = np.zeros(reach + 1)
    cover = np.zeros(reach + 1)
    surface = np.zeros(reach + 1)
    zone = np.zeros(reach + 1, np.uint8)
    space = reach + 2
    parts = np.zeros(space, np.int64)
    pixel = np.zeros(space, np.int64)
    end_height = np.zeros(space)
    own_cover = np.zeros(space)
    own_zone = np.zeros(space, np.uint8)
    squared = np.zeros(space)
    climb = np.zeros(space)
    values = np.zeros(space)
    line = np.zeros((frequencies, space))
    distance, root_d, root_rest = sweep_tables(reach + 1, km_per_pixel)
    sampled = _zones_to_sample(zones, row, column, reach, zone)
    flat, flat_zone, flat_cover = terrain.ravel(), zones.ravel(), clutter.ravel()
    covered = clutter.shape[0] > 0
    half_width = math.tan(math.pi / rays)
    masked, flat_wanted = wanted_pixel.shape[0] > 0, wanted_pixel.ravel()
    for ray in range(rays):
        if not wanted_ray[ray]:
            continue
        azimuth = 2.0 * math.pi * ray / rays
        along_row = -math.cos(azimuth)
        along_column = math.sin(azimuth)
        count = _pixels_of_ray(
            terrain, row, column, along_row, along_column, half_width, range_pixels, parts, pixel
        )
        wanted = 0
        for k in range(count):
            if not first_wanted <= pixel[k] < past_wanted:
                continue
            across = pixel[k] % columns - column_from if masked else 0
            if not masked or (flat_wanted[pixel[k]] and 0 <= across < loss.shape[2]):
                parts[wanted] = parts[k]
                pixel[wanted] = pixel[k]
                wanted += 1
        count = wanted
        if count == 0:
            continue
        points = max(points_before(parts[count - 1]), 0)
        points = (
            sample_line(
                terrain, sampled, clutter, row, column, along_row, along_column, points, height, zone, cover
            )
            - 1
        )
        kept = 0
        near = 0
        for k in range(count):
            h = np.float64(flat[pixel[k]])
            if math.isfinite(h) and points_before(parts[k]) <= points:
                at_row = pixel[k] // columns - row
                at_column = pixel[k] % columns - column
                parts[kept] = parts[k]
                pixel[kept] = pixel[k]
                own_zone[kept] = flat_zone[pixel[k]]
                own_cover[kept] = max(np.float64(flat_cover[pixel[k]]), 0.0) if covered else 0.0
                squared[kept] = (at_row * at_row + at_column * at_column) * (km_per_pixel * km_per_pixel)
                near += parts[k] < NEAREST
                kept += 1
        for k in range(kept):
            x = parts[k] / PARTS
            h = _bilinear(flat, rows, columns, row + x * along_row, column + x * along_column)
            own = np.float64(flat[pixel[k]])
            end_height[k] = h if h - h == 0.0 else own
            climb[k] = 0.001 * (height[0] + scenario[TX_M] - own - scenario[RX_M])
        for f in range(frequencies):
            line[f, :near] = 0.0
        if kept > near:
            for j in range(points + 1):
                surface[j] = height[j] + cover[j]
            sweep_radial(
                height,
                surface,
                zone,
                points,
                parts[near:kept],
                end_height[near:kept],
                own_cover[near:kept],
                own_zone[near:kept],
                kept - near,
                phi0 + phi_step * row,
                0.5 * phi_step * along_row,
                distance,
                root_d,
                root_rest,
                stacks,
                table,
                scenario,
                w,
                v,
                u,
                result,
                line[:, near:],
            )
        for f in range(frequencies):
            fixed = 92.4 + table[f * F_COLUMNS + F_LOG20]
            _add_free_space(squared, kept, climb, fixed, line, f, values)
            for k in range(kept):
                loss[f, pixel[k] // columns - row_from, pixel[k] % columns - column_from] = values[k]
