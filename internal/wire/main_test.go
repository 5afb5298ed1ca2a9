package wire

import (
	"os"
	"testing"

	"github.com/salve-security/salve/internal/lab/stage/stagetest"
)

// world is the one lab of this package's tests.
var world *stagetest.World

func TestMain(m *testing.M) {
	os.Exit(stagetest.Main(m, func(w *stagetest.World) { world = w }))
}
