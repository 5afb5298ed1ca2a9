package rds_test

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
