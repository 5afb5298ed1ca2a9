package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// The colours, as numbers of terminal sequences.
const (
	bold   = 1
	red    = 31
	green  = 32
	yellow = 33
)

// terminal tells whether a person may be looking at w.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// forced tells that output is for a terminal, though it goes elsewhere first.
func forced() bool {
	set := os.Getenv("CLICOLOR_FORCE")
	return set != "" && set != "0"
}

// columns is how wide the terminal is that a person may be looking at; 0 for none, or for one that does not say.
func columns(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !terminal(w) && !forced() {
		return 0
	}
	if set, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && set > 0 {
		return set
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// colourful tells whether output may have colours.
func colourful(out io.Writer, never bool) bool {
	return !never && os.Getenv("NO_COLOR") == "" && (terminal(out) || forced())
}

// paint cleans a text and gives it a colour where there are colours.
func (a *app) paint(colour int, s string) painted {
	s = plain.Short(s, maxText)
	if !a.colour || colour == 0 {
		return painted(s)
	}
	return painted(fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, s))
}

// status shows at a glance whether a run needs somebody.
func (a *app) status(s run.Status) painted {
	switch s {
	case run.StatusVerified, run.StatusCompliant, run.StatusUndone, run.StatusGone:
		return a.paint(green, string(s))
	case run.StatusFailed, run.StatusDenied, run.StatusUnverified:
		return a.paint(red, string(s))
	case run.StatusPlanned, run.StatusAwaitingApproval, run.StatusDeferred, run.StatusParked,
		run.StatusRefused, run.StatusUndoneInPart:
		return a.paint(yellow, string(s))
	}
	return a.paint(0, string(s))
}

// changes prints a line a change.
func (a *app) changes(list []control.Change) {
	a.indented("  ", list)
	if len(list) > countFrom {
		a.say("  %s", control.Count(list))
	}
}

// countFrom is how many changes people can count by themselves.
const countFrom = 9

func (a *app) indented(margin string, list []control.Change) {
	for _, c := range list {
		line, colour := c.String(), 0
		switch {
		case strings.HasPrefix(line, "+"):
			colour = green
		case strings.HasPrefix(line, "-"):
			colour = red
		case strings.HasPrefix(line, "~"):
			colour = yellow
		}
		a.say("%s%s", painted(margin), a.paint(colour, line))
	}
}

// progress tells a waiting person on a terminal what is going on, and how
// long already. The line is gone when done is called.
func (a *app) progress(what string) (done func()) {
	return a.progressOf(func() string { return what })
}

// progressOf is progress of something that says how far it is.
func (a *app) progressOf(what func() string) (done func()) {
	if !terminal(a.err) {
		return func() {}
	}
	stop, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for seconds := 0; ; seconds++ {
			printf(a.err, "\r\x1b[K%s … %d s", what(), seconds)
			select {
			case <-tick.C:
			case <-stop:
				printf(a.err, "\r\x1b[K")
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-gone
	}
}
