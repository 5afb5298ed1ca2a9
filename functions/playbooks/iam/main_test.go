package iam_test

import (
	"os"
	"testing"

	"github.com/salve-security/salve/functions/playbooktest"
)

// world is the one lab of this package's tests.
var world *playbooktest.Lab

func TestMain(m *testing.M) {
	os.Exit(playbooktest.Main(m, func(l *playbooktest.Lab) { world = l }))
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
