//go:build !unix

package lab

import (
	"errors"
	"os/exec"
)

// Without process groups the lab runs in the foreground only; the emulators still leave when their input closes.
var errNoGroups = errors.New("the lab runs in the background on Unix systems only: use `salve lab serve`")

func ownGroup(*exec.Cmd) {}

func detach(*exec.Cmd) {}

func killGroup(int) {}

func awaitGroup(int) {}

func terminate(int) error { return errNoGroups }

func alive(int) bool { return false }
