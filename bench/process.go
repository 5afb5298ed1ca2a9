package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peakMemory is the most memory a running process has held, in bytes. The
// kernel's own count of a child would include its parent's.
func peakMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of a process (this needs Linux): %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10, err //nolint:wrapcheck // the kernel writes a number
		}
	}
	return 0, fmt.Errorf("process %d does not say how much memory it held", pid)
}

// loadAverage is how many processes wanted a core in the last minute: times
// measured beside others that do say little.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// tick is the unit in which the kernel tells the processor time of other processes.
const tick = 10 * time.Millisecond

// groupTime is the processor time of the processes of a group, by their names.
// Processes that have ended are counted in the one that waited for them.
func groupTime(group int) (map[string]time.Duration, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no list of processes (this needs Linux): %w", err)
	}
	used := map[string]time.Duration{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		name, times, ok := readStat(string(text), group)
		if ok {
			used[name] += times
		}
	}
	return used, nil
}

// readStat takes name and time out of a line of /proc/PID/stat. The name
// stands in brackets and may hold anything; see proc(5).
func readStat(line string, group int) (string, time.Duration, bool) {
	begin, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if begin < 0 || end < begin {
		return "", 0, false
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 15 || fields[2] != strconv.Itoa(group) {
		return "", 0, false
	}
	var sum int64
	for _, field := range fields[11:15] { // own and waited-for time, in user and in system
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return "", 0, false
		}
		sum += n
	}
	return line[begin+1 : end], time.Duration(sum) * tick, true
}
