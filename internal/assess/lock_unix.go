//go:build unix

package assess

import (
	"os"
	"syscall"
)

// Lock keeps other processes off the file until it is closed, which the kernel does for one that was killed.
func Lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:wrapcheck // who calls says it
}
