"""The names of measures and models in tables of figures; to read such a table takes nothing that learns."""

R2, R2_SHUFFLED, R2_FORWARD = "r2", "r2_shuffled", "r2_forward"
GAIN, IMPORTANCE = "gain", "importance"
COVERAGE, HALF_WIDTH, MEDIAN_ERROR, AGE_POWER = "coverage", "half_width", "median_error", "age_power"
MEAN, LINEAR, RIDGE, TREES = "mean", "linear", "ridge", "trees"
