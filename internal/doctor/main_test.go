package doctor_test

import (
	"os"
	"testing"

	"github.com/salve-security/salve/internal/lab/stage/stagetest"
)

// shared is the one lab of this package's tests, with Salve's own stacks in it.
var shared *stagetest.World

func TestMain(m *testing.M) {
	os.Exit(stagetest.Main(m, func(w *stagetest.World) { shared = w }))
}
