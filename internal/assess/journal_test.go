package assess

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
)

// busy is a world with some of everything.
func busy() *world {
	w := newWorld()
	w.playbooks()
	for n := range 12 {
		id, account := fmt.Sprintf("S3.%d", n%3+1), []string{own, "333333333333"}[n%2]
		w.fails(id, account, fmt.Sprintf("%s-%d", bucket, n), cis)
		w.report(id, account, fmt.Sprintf("%s-%d", bucket, n), finding.Failed, fsbp)
	}
	w.report("S3.4", own, bucket, finding.Passed, cis)
	return w
}

// TestKilledAnywhere: whatever of the journal a process that is killed leaves, up to the middle of a line, the next one
// says the same in the end, and looks at nothing again that the journal has an answer of.
func TestKilledAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "whole")
	j, err := Open(path, head(), false)
	if err != nil {
		t.Fatal(err)
	}
	want := busy().assessed(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at <= len(whole); {
		left := filepath.Join(t.TempDir(), "left")
		if err := os.WriteFile(left, whole[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(left, head(), false)
		if err != nil {
			t.Fatalf("after %d bytes: %v", at, err)
		}
		j.sync = func(*os.File) error { return nil } // no machine fails in a test
		answered := bytes.Count(whole[:bytes.LastIndexByte(whole[:at], '\n')+1], []byte(`"answer"`))
		w := busy()
		got := w.assessed(t, j)
		reads := 0
		for _, n := range w.reads {
			reads += n
		}
		if d := cmp.Diff(want, got); d != "" || reads != 12-answered {
			t.Fatalf("after %d bytes, %d answers: %d reads\n%s", at, answered, reads, d)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		// Once at the end of each line, and once within it.
		next := bytes.IndexByte(whole[min(at, len(whole)):], '\n')
		switch {
		case next < 0:
			at = len(whole) + 1
		case next > 20:
			at += next / 2
		default:
			at += next + 1
		}
	}
}

// TestStoppedInTheMiddle: Ctrl-C and a session that ends stop it with a sentence; the next process goes on.
func TestStoppedInTheMiddle(t *testing.T) {
	for name, tc := range map[string]struct {
		stop func(w *world, cancel func())
		want string
	}{
		"Ctrl-C": {func(w *world, cancel func()) {
			w.onRead = func(resource string) {
				if strings.HasSuffix(resource, "-7") {
					cancel()
				}
			}
		}, "stopped; what is done is kept: the same command goes on there"},
		"an ended session": {func(w *world, _ func()) {
			w.broken[bucket+"-7"] = &smithy.GenericAPIError{Code: "ExpiredToken"}
		}, "your session has ended: log in again; what is done is kept: the same command goes on there"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			j, err := Open(path, head(), false)
			if err != nil {
				t.Fatal(err)
			}
			w := busy()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tc.stop(w, cancel)
			if err := w.assessment(j).Run(ctx); err == nil || err.Error() != tc.want {
				t.Fatalf("%v", err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if j, err = Open(path, head(), false); err != nil || !j.Resumed {
				t.Fatalf("%v", err)
			}
			defer func() { _ = j.Close() }()
			w.onRead, w.broken = func(string) {}, map[string]error{}
			if sum := w.assessed(t, j); sum.Total.Unlooked != 0 || sum.Total.Work != 12 {
				t.Errorf("%+v", sum.Total)
			}
			for resource, n := range w.reads {
				if n > 1 && !strings.HasSuffix(resource, "-7") {
					t.Errorf("%s was looked at %d times", resource, n)
				}
			}
		})
	}
}

// TestLookedAtLater: what nobody could look at is tried again by the next process, and nothing else is.
func TestLookedAtLater(t *testing.T) {
	w, j := busy(), journal(t, head())
	w.shut["333333333333"] = fault.New(fault.NotOnboarded, "nobody there")
	if sum := w.assessed(t, j); sum.Total.Unlooked != 6 {
		t.Fatalf("%+v", sum.Total)
	}
	delete(w.shut, "333333333333")
	if sum := w.assessed(t, j); sum.Total.Unlooked != 0 || len(w.reads) != 12 {
		t.Errorf("%+v, %d reads", sum.Total, len(w.reads))
	}
}

// TestForeignJournals: a journal is never gone on with for another question, by another process, or where it cannot be
// written.
func TestForeignJournals(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(h *Head)
		want   string
	}{
		"question":      {func(h *Head) { h.Query.Controls = []string{"S3.*"} }, "answers another question"},
		"release":       {func(h *Head) { h.Release = "2.0.0" }, "was begun by release 1.0.0, this is 2.0.0"},
		"account":       {func(h *Head) { h.Account = own }, "is of account 111111111111 in eu-west-1"},
		"Region":        {func(h *Head) { h.Region = "us-east-1" }, "is of account 111111111111 in eu-west-1"},
		"role":          {func(h *Head) { h.As = "by the role X" }, "entered accounts in another way, through the hub"},
		"configuration": {func(h *Head) { h.Config = "abc" }, "goes by a configuration that is not in force any more"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			j, err := Open(path, head(), false)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			want := head()
			tc.change(&want)
			_, err = Open(path, want, false)
			says := "the journal " + path + " " + tc.want + ": begin anew with --fresh, or name another with --journal"
			if fault.Of(err) != fault.Refused || err.Error() != says {
				t.Errorf("%v, want %s", err, says)
			}
			j, err = Open(path, want, true)
			if err != nil || j.Resumed {
				t.Errorf("fresh: %v", err)
			}
			if _, err := Open(path, want, false); fault.Of(err) != fault.Refused ||
				!strings.Contains(err.Error(), "another process is at work with the journal") {
				t.Errorf("a second process: %v", err)
			}
			_ = j.Close()
		})
	}
}

// TestNoJournal: what is none of a journal is left as it is.
func TestNoJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter")
	const text = "Dear Ann,\nsee you.\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, head(), false); err == nil || !strings.Contains(err.Error(), "is none of a journal") {
		t.Errorf("%v", err)
	}
	if got, err := os.ReadFile(path); string(got) != text || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Open(filepath.Join(path, "below"), head(), false); err == nil {
		t.Error("a journal below a file")
	}
}

// TestUnwritable: a journal that takes no more, as on a full disk, ends the assessment, and nothing is asked further.
func TestUnwritable(t *testing.T) {
	w, j := busy(), journal(t, head())
	read, err := os.Open(j.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	_ = j.file.Close()
	j.file = read // to which nothing can be written
	err = w.assessment(j).Run(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "write the journal, make room or name another with --journal: ") {
		t.Errorf("%v", err)
	}
	if len(w.reads) > 0 {
		t.Errorf("%v", w.reads)
	}
}
