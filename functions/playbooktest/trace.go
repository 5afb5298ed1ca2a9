package playbooktest

import (
	"runtime"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/control"
)

// trace is what a control asked of AWS, and which of its functions did.
type trace struct {
	writes []string // in order
	reads  []string // once each: how often a state is read depends on what is there
}

// deep is how far up a caller is looked for.
const deep = 64

// add adds a call, made by whoever is on the stack.
func (r *trace) add(service, operation string) {
	pcs := make([]uintptr, deep)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	by := []string{calls.Action(service, operation)}
	for {
		frame, more := frames.Next()
		if ofControls(frame.Function) {
			by = append(by, frame.Function)
		}
		if !more {
			break
		}
	}
	made := strings.Join(by, " by ")
	switch {
	case !control.Reading(operation):
		r.writes = append(r.writes, made)
	case !slices.Contains(r.reads, made):
		r.reads = append(r.reads, made)
	}
}

// ofControls tells the functions of playbooks and their kinds from those of the SDK, the model and the suite.
func ofControls(function string) bool {
	for _, room := range []string{"functions/playbooks/", "internal/kind.", "internal/runbook."} {
		if strings.Contains(function, "/salve/"+room) && !strings.Contains(function, "_test.") {
			return true
		}
	}
	return false
}

// String is a line for each call.
func (r trace) String() string {
	slices.Sort(r.reads)
	return strings.Join(slices.Concat(r.reads, r.writes), "\n")
}

// calls returns the calls since the last time, and forgets them.
func (p *tap) calls() trace {
	p.mu.Lock()
	defer p.mu.Unlock()
	made := p.made
	p.made = trace{}
	return made
}
