//go:build unix

package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// groupTimeout bounds the wait for the emulator's own children after they were killed.
const groupTimeout = 3 * time.Second

// ownGroup puts the child and everything it starts into a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// detach gives the child a session of its own, so that it outlives the terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// killGroup ends a process group. Nothing in it keeps state worth a graceful end.
func killGroup(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }

// awaitGroup returns when no process of the group is left, or after groupTimeout.
func awaitGroup(group int) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(groupTimeout); time.Now().Before(end); <-tick.C {
		if syscall.Kill(-group, 0) != nil {
			return
		}
	}
}

// terminate asks a process to end.
func terminate(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}

// alive tells whether a process exists and is more than an entry nobody has collected.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	// The state follows the name, which ends with the last parenthesis.
	return err != nil || !bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}
