package playbooktest

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// shared starts the one lab of a test program. Nobody closes it: its processes see the program end, however it
// ends, and take the lab's folder with them.
//
//nolint:gochecknoglobals // tests of one package have no other place in common
var shared = sync.OnceValues(func() (*Lab, error) { return Start(context.Background()) })

// World is the one lab of all tests of a package. The first to ask starts it; where it does not start, every test
// that asks fails with the reason.
func World(t *testing.T) *Lab {
	t.Helper()
	l, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Root may do everything in DefaultAccount; its Region is DefaultRegion.
func Root(t *testing.T) aws.Config {
	t.Helper()
	return World(t).Root(DefaultAccount)
}
