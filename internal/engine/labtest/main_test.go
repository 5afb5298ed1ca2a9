package labtest

import (
	"os"
	"testing"

	"github.com/salve-security/salve/internal/lab/stage/stagetest"
)

// shared is the one lab of this package's tests; newWorld empties its ledger.
var shared *stagetest.World

func TestMain(m *testing.M) {
	os.Exit(stagetest.Main(m, func(w *stagetest.World) { shared = w }))
}
