package lambda_test

import (
	"os"
	"testing"

	"github.com/salve-security/salve/internal/control/controltest"
)

// world is the one lab of this package's tests.
var world *controltest.Lab

func TestMain(m *testing.M) {
	os.Exit(controltest.Main(m, func(l *controltest.Lab) { world = l }))
}
