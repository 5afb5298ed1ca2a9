package rollout_test

import "flag"

var update = flag.Bool("update", false, "rewrite the recorded requests")
