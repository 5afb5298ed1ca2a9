package playbooktest

import (
	"context"
	"net/http"
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

// served are the labs with a handler, by the handler.
//
//nolint:gochecknoglobals // as of shared
var served sync.Map

// Serving is the one lab of all tests of a package whose calls of a service go to the handler first: see Serve. The
// handler is a pointer, so that it is told from others.
func Serving(t *testing.T, service string, handler http.Handler) *Lab {
	t.Helper()
	start, _ := served.LoadOrStore(handler, sync.OnceValues(func() (*Lab, error) {
		return Serve(context.Background(), map[string]http.Handler{service: handler})
	}))
	return Got(start.(func() (*Lab, error))())(t)
}

// Root may do everything in DefaultAccount; its Region is DefaultRegion.
func Root(t *testing.T) aws.Config {
	t.Helper()
	return World(t).Root(DefaultAccount)
}
