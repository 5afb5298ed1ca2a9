package main

import (
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// loopback fails if a lab's processes listen where others could reach them: loopback PID
func loopback(ts *testscript.TestScript, _ bool, args []string) {
	if runtime.GOOS != "linux" {
		return // it reads /proc
	}
	pid, err := strconv.Atoi(args[0])
	ts.Check(err)
	found := 0
	for _, p := range family(ts, pid) {
		for _, address := range listeners(ts, p) {
			found++
			if !address.IsLoopback() {
				ts.Fatalf("process %d listens on %s", p, address)
			}
		}
	}
	if found < 3 { // the endpoint and two emulators
		ts.Fatalf("found %d listening sockets, want at least 3", found)
	}
}

// family is a process with all its descendants.
func family(ts *testscript.TestScript, pid int) []int {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	ts.Check(err)
	parents := map[int]int{}
	for _, file := range files {
		stat, _ := os.ReadFile(file) // it may have ended meanwhile
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			parents[child], _ = strconv.Atoi(fields[1])
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		for child, parent := range parents {
			if parent == all[i] {
				all = append(all, child)
			}
		}
	}
	return all
}

// listeners are the addresses a process listens on.
func listeners(ts *testscript.TestScript, pid int) []net.IP {
	var sockets []string
	dir := "/proc/" + strconv.Itoa(pid)
	links, err := filepath.Glob(dir + "/fd/*")
	ts.Check(err)
	for _, link := range links {
		target, _ := os.Readlink(link) // it may be closed meanwhile
		sockets = append(sockets, target)
	}
	var found []net.IP
	for _, table := range []string{"/net/tcp", "/net/tcp6"} {
		text, err := os.ReadFile(dir + table)
		ts.Check(err)
		for line := range strings.SplitSeq(string(text), "\n") {
			const local, state, inode, listen = 1, 3, 9, "0A"
			fields := strings.Fields(line)
			if len(fields) > inode && fields[state] == listen && slices.Contains(sockets, "socket:["+fields[inode]+"]") {
				found = append(found, address(ts, fields[local]))
			}
		}
	}
	return found
}

// address decodes the kernel's notation: words of 32 bits, least significant byte first.
func address(ts *testscript.TestScript, field string) net.IP {
	text, _, _ := strings.Cut(field, ":")
	raw, err := hex.DecodeString(text)
	ts.Check(err)
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	return raw
}
