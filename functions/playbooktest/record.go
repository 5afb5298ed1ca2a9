package playbooktest

import (
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/ran"
)

// update is for all packages whose tests import this one.
//
//nolint:gochecknoglobals // a flag is of the program
var update = flag.Bool("update", false, "rewrite "+ran.Path)

// recording is held while the record is looked at. Begun are the tests whose old entries were taken out of it.
//
//nolint:gochecknoglobals // the tests of a package have one record
var recording = struct {
	sync.Mutex
	begun map[string]bool
}{begun: map[string]bool{}}

// whatRan holds a run of the suite against the record. A run that failed, or of which a filter left cases out, says
// nothing.
func (s *suite) whatRan(t *testing.T) {
	t.Helper()
	if t.Failed() || s.reached != len(s.cases()) {
		return
	}
	s.out.On = describe(s.World)
	if s.Control.Starts() {
		s.out.On += ", its runbooks in the lab's executor"
	}
	slices.Sort(s.out.Without)
	name := strings.TrimSuffix(t.Name(), "/"+s.Control.ID)
	record(t, s.Control.ID, func(c *ran.Control) string {
		differs := gocmp.Diff(c.Suites[name], s.out)
		if c.Suites == nil {
			c.Suites = map[string]ran.Suite{}
		}
		c.Suites[name] = s.out
		return differs
	})
}

// answered holds against the record that calls of a control are answered in the place of AWS.
func answered(t *testing.T, control string) {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	record(t, control, func(c *ran.Control) string {
		if c.Answer(test) {
			return "calls are answered in " + test
		}
		return ""
	})
}

// record adds to what ran for a control, and fails where that is news. A package without a record has none to hold.
func record(t *testing.T, control string, add func(c *ran.Control) (news string)) {
	t.Helper()
	recording.Lock()
	defer recording.Unlock()
	all, there, err := ran.Read(os.DirFS("."), ".")
	Done(t, err)
	if !there && !*update {
		return
	}
	if *update {
		beginAnew(t, all)
	}
	c := all[control]
	news := add(&c)
	all[control] = c
	switch {
	case *update:
		Done(t, all.Write("."))
	case news != "":
		t.Errorf("%s: %s says otherwise; run the tests of the package with -update (-file +run):\n%s", control, ran.Path,
			news)
	}
}

// beginAnew takes out what an earlier program wrote down of this test, unless only some of its cases run.
func beginAnew(t *testing.T, all ran.Record) {
	test, _, _ := strings.Cut(t.Name(), "/")
	if recording.begun[test] || strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		return
	}
	recording.begun[test] = true
	for id, c := range all {
		for name := range c.Suites {
			if of, _, _ := strings.Cut(name, "/"); of == test {
				delete(c.Suites, name)
			}
		}
		c.Answered = slices.DeleteFunc(c.Answered, func(name string) bool { return name == test })
		all[id] = c
		if len(c.Suites)+len(c.Answered) == 0 {
			delete(all, id)
		}
	}
}

// describe says what plays AWS.
func describe(w AWS) string {
	if d, ok := w.(interface{ describe() string }); ok {
		return d.describe()
	}
	return "an AWS of the test's own"
}

func (l *Lab) describe() string {
	if len(l.stands) == 0 {
		return "the lab"
	}
	return "the lab, with a stand-in for " + strings.Join(l.stands, ", ")
}

func (a amended) describe() string { return describe(a.AWS) + ", some answers completed" }
