package lab

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNothingListensBeyondLoopback(t *testing.T) { onlyLoopback(t, fresh(t)) }

// onlyLoopback fails the test if any process of the lab listens where others could reach it.
func onlyLoopback(t *testing.T, l *Lab) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	listening := 0
	for _, pid := range append(members(t, l.Processes()), os.Getpid()) {
		for _, address := range listeners(t, pid) {
			listening++
			if !net.ParseIP(address).IsLoopback() {
				t.Errorf("process %d listens on %s", pid, address)
			}
		}
	}
	if listening < 3 {
		t.Errorf("found %d listening sockets, want at least three", listening)
	}
}

// members returns all processes of some process groups.
func members(t *testing.T, groups []int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	var found []int
	for _, file := range files {
		stat, _ := os.ReadFile(file) // it may have ended meanwhile
		_, rest, _ := strings.Cut(string(stat), ") ")
		// State, parent, group: what follows the name.
		if fields := strings.Fields(rest); len(fields) > 2 && slices.Contains(groups, atoi(fields[2])) {
			found = append(found, atoi(filepath.Base(filepath.Dir(file))))
		}
	}
	return found
}

// listeners returns the addresses a process listens on.
func listeners(t *testing.T, pid int) []string {
	t.Helper()
	sockets := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	must(t, err)
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			sockets[target] = true
		}
	}
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		file := got[*os.File](t)(os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table)))
		defer func() { _ = file.Close() }()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			const state, inode, listen = 3, 9, "0A"
			if len(fields) > inode && fields[state] == listen && sockets["socket:["+fields[inode]+"]"] {
				found = append(found, address(t, fields[1]))
			}
		}
	}
	return found
}

// address decodes the kernel's notation: 32-bit words, least significant byte first.
func address(t *testing.T, field string) string {
	t.Helper()
	text, _, _ := strings.Cut(field, ":")
	raw := got[[]byte](t)(hex.DecodeString(text))
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	return net.IP(raw).String()
}

func TestCloseLeavesNothing(t *testing.T) {
	l := got[*Lab](t)(Start(t.Context(), Options{}))
	dir, processes, endpoint := l.Dir(), l.Processes(), l.Endpoint()
	must(t, l.Close())
	must(t, l.Close()) // twice is fine
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
	for _, pid := range processes {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
	if connection, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://")); err == nil {
		_ = connection.Close()
		t.Errorf("%s still answers", endpoint)
	}
}

func TestCloseKeepsAFolderThatWasGiven(t *testing.T) {
	dir := t.TempDir()
	l := got[*Lab](t)(Start(t.Context(), Options{Dir: dir}))
	must(t, l.Close())
	left := got[[]os.DirEntry](t)(os.ReadDir(dir))
	if len(left) != 1 || left[0].Name() != "emulators.log" {
		t.Errorf("left behind: %v, want the log only", left)
	}
}

func TestStartSaysWhatToDo(t *testing.T) {
	_, port, err := net.SplitHostPort(strings.TrimPrefix(shared.Endpoint(), "http://"))
	must(t, err)
	busy := got[int](t)(strconv.Atoi(port))
	bare := filepath.Join(t.TempDir(), "python")
	must(t, os.WriteFile(bare, []byte("#!/bin/sh\necho no module named ministack >&2\nexit 1\n"), 0o700))
	for name, tc := range map[string]struct {
		options Options
		want    string
	}{
		"busy port":        {Options{Port: busy}, "choose another with --port"},
		"missing Python":   {Options{Python: "/nowhere/python"}, "run `make lab-env`"},
		"venv is empty":    {Options{Python: bare}, "run `make lab-env`: no module named ministack"},
		"not an account":   {Options{Hub: "hub"}, "12 digits"},
		"not executable":   {Options{Python: t.TempDir()}, "run `make lab-env`"},
		"folder not there": {Options{Dir: "/proc/nowhere"}, "the lab's folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(t.Context(), tc.options)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
	t.Run("missing virtual environment", func(t *testing.T) {
		t.Setenv(pythonVariable, "")
		t.Chdir(t.TempDir())
		if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "make lab-env") {
			t.Errorf("got %v", err)
		}
	})
}
