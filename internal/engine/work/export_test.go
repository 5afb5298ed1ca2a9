package work

import (
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// Opens is when a run begins that waits for its time.
func Opens(d gate.Decision, k run.Key) time.Time { return opens(d, k) }
