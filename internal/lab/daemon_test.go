package lab

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestTwoLabsInTheBackground(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	options := shared.options
	options.Dir, options.Log = "", nil
	var labs []Daemon
	for _, name := range []string{"one", "two"} {
		labs = append(labs, got[Daemon](t)(Spawn(t.Context(), name, options)))
		t.Cleanup(func() { _ = Stop(context.WithoutCancel(t.Context()), name) })
	}
	if labs[0].Endpoint == labs[1].Endpoint {
		t.Errorf("both labs are at %s", labs[0].Endpoint)
	}
	if _, err := Spawn(t.Context(), "one", options); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("a second lab of one name: %v", err)
	}
	status := got[Status](t)(labs[1].Status(t.Context()))
	if status.PID != labs[1].PID || status.OrgID != labs[1].OrgID || status.Hub != shared.Hub() {
		t.Errorf("status %+v does not fit %+v", status, labs[1])
	}
	stopBoth(t, labs)
}

// stopBoth stops labs and looks for what they leave behind.
func stopBoth(t *testing.T, labs []Daemon) {
	t.Helper()
	for _, lab := range labs {
		must(t, Stop(t.Context(), lab.Name))
		if alive(lab.PID) {
			t.Errorf("process %d is still there", lab.PID)
		}
		if err := Stop(t.Context(), lab.Name); !errors.Is(err, ErrNotRunning) {
			t.Errorf("stopping twice: %v", err)
		}
	}
	for _, folder := range []string{os.Getenv("TMPDIR"), filepath.Join(os.Getenv("XDG_CACHE_HOME"), "salve", "lab")} {
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("left in %s: %v", folder, left)
		}
	}
}

func TestSpawnTellsWhyItFailed(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	options := shared.options
	options.Dir, options.Log = "", nil
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(shared.Endpoint(), "http://"))
	options.Port = got[int](t)(strconv.Atoi(port))
	if _, err := Spawn(t.Context(), "busy", options); err == nil || !strings.Contains(err.Error(), "--port") {
		t.Errorf("got %v", err)
	}
	if _, err := Spawn(t.Context(), "../x", options); err == nil || !strings.Contains(err.Error(), "lab name") {
		t.Errorf("got %v", err)
	}
}

func TestAKilledLabIsCleanedUp(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	options := shared.options
	options.Dir, options.Log = "", nil
	lab := got[Daemon](t)(Spawn(t.Context(), "killed", options))
	process := got[*os.Process](t)(os.FindProcess(lab.PID))
	must(t, process.Kill())
	awaitGone(t, lab.PID)
	awaitRemoved(t, lab.Dir) // by the emulators, which see it die
	if _, err := Find(t.Context(), "killed"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("found after its death: %v", err)
	}
	must(t, os.Mkdir(lab.Dir, 0o700)) // as if they had been killed too
	must(t, Stop(t.Context(), "killed"))
	if _, err := os.Stat(lab.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", lab.Dir)
	}
}
