#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests are tested: faults are planted one at a time, and the everyday tests must notice them.
exec "${PARLEY_SOURCE:?}/tests/mutation/plant_faults.py"
