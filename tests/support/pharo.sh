# SPDX-License-Identifier: MIT
# What tests of a whole Pharo share; sourced, not run.

# What the image evaluates so that no test of it ends for want of time: those of the two recursion
# stoppers give themselves a tenth of a second, which is over on a busy machine before they begin.
give_time='TestCase defaultTimeLimit: 1 day.
    { RecursionStopperTest. LocalRecursionStopperTest } do: [ :each |
        each class removeSelector: #defaultTimeLimit ]'
