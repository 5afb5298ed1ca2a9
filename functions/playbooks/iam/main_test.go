package iam_test

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

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
