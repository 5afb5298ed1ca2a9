package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// push stores a document over a version.
func (s suite) push(t *testing.T, doc string, over int64) error {
	t.Helper()
	return s.PushConfig(t.Context(), pushOf(doc, over))
}

func pushOf(doc string, over int64) gate.Push {
	return gate.Push{
		Doc: doc, Over: over, By: "arn:aws:iam::111111111111:user/ada", How: "config push", Release: "v1.2.3",
		At: Began().Add(time.Duration(over) * time.Minute),
	}
}

// pushesAreKept: who pushed what, when, with which release; a refused push leaves nothing.
func pushesAreKept(t *testing.T, s suite) {
	if list, err := s.Pushes(t.Context()); err != nil || len(list) > 0 {
		t.Fatalf("before any push: %v, %v", list, err)
	}
	docs := []string{"one", "two", strings.Repeat("three ", 40000)}
	for i, doc := range docs {
		if err := s.push(t, doc, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.push(t, "stale", 1); !errors.Is(err, gate.ErrConflict) {
		t.Fatalf("%v, want ErrConflict", err)
	}
	s.kept(t, docs)
	for _, none := range []int64{-1, 0, 4, gate.KeptVersions + 1} {
		if got, err := s.Pushed(t.Context(), none); !errors.Is(err, gate.ErrNotKept) {
			t.Errorf("version %d: %+v, %v", none, got, err)
		}
	}
}

// kept expects the documents in the history, with who pushed them.
func (s suite) kept(t *testing.T, docs []string) {
	t.Helper()
	list, err := s.Pushes(t.Context())
	if err != nil || len(list) != len(docs) {
		t.Fatalf("%d, %v: want %d", len(list), err, len(docs))
	}
	for i, listed := range list {
		version := int64(len(docs) - i)
		got, err := s.Pushed(t.Context(), version)
		if err != nil || got.Unread != nil {
			t.Fatal(err, got.Unread)
		}
		if d := cmp.Diff(pushOf(docs[version-1], version-1).Kept(), got.Push); d != "" || got.Version != version {
			t.Errorf("version %d (-want +got):\n%s", got.Version, d)
		}
		got.Doc = ""
		if d := cmp.Diff(got, listed); d != "" || len(got.Hash) != 64 {
			t.Errorf("listed (-want +got):\n%s", d)
		}
	}
}

// oldPushesGo: as many are kept as there is room for, the newest.
func oldPushesGo(t *testing.T, s suite) {
	for i := range int64(gate.KeptVersions + 2) {
		if err := s.push(t, fmt.Sprint("document ", i+1), i); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Pushes(t.Context())
	if err != nil || len(list) != gate.KeptVersions || list[0].Version != gate.KeptVersions+2 {
		t.Fatalf("%d, %v", len(list), err)
	}
	if got, err := s.Pushed(t.Context(), 2); !errors.Is(err, gate.ErrNotKept) {
		t.Errorf("%+v, %v: its place was taken", got, err)
	}
	if got, err := s.Pushed(t.Context(), 3); err != nil || got.Doc != "document 3" {
		t.Errorf("%+v, %v", got, err)
	}
}

// twoPushes: of two at once one is stored, and its document is the one that is kept.
func twoPushes(t *testing.T, s suite) {
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() { errs[i] = s.PushConfig(t.Context(), pushOf(fmt.Sprint("mine ", i), 0)) })
	}
	wait.Wait()
	stored := -1
	for i, err := range errs {
		switch {
		case err == nil && stored < 0:
			stored = i
		case !errors.Is(err, gate.ErrConflict):
			t.Errorf("push %d: %v", i, err)
		}
	}
	got, err := s.Pushed(t.Context(), 1)
	if want := fmt.Sprint("mine ", stored); err != nil || got.Doc != want {
		t.Errorf("kept %q, %v: want %q", got.Doc, err, want)
	}
	s.configured(t, fmt.Sprint("mine ", stored), 1)
}

// off is something that is disabled for a while; 0 is for good.
func off(owner, what string, ends time.Duration, places ...string) gate.Disable {
	d := gate.Disable{
		Control: what, Since: Began(), Origin: gate.Origin{Owner: owner, Reason: "incident 7"},
		Where: gate.Where{Accounts: places},
	}
	if ends > 0 {
		d.Expires = Began().Add(ends)
	}
	return d
}

// disabled expects what is stored, in order.
func (s suite) disabled(t *testing.T, want ...gate.Disable) {
	t.Helper()
	got, err := s.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range want {
		key, err := d.Key()
		if err != nil {
			t.Fatal(err)
		}
		want[i].Stored, want[i].Control = key, strings.ToLower(d.Control)
	}
	slices.SortFunc(want, func(x, y gate.Disable) int { return strings.Compare(x.Stored, y.Stored) })
	if d := cmp.Diff(want, got.Disables); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func (s suite) disable(t *testing.T, d gate.Disable, want error) {
	t.Helper()
	if err := s.Disable(t.Context(), d, Began()); !errors.Is(err, want) {
		t.Errorf("disable %s: %v, want %v", d.Control, err, want)
	}
}

// disableSurvivesPushes: it needs no document, and a push leaves it; each place is one of its own.
func disableSurvivesPushes(t *testing.T, s suite) {
	all, list := off("ada", "S3.8", 0), off("ada", "standard:cis-5.0.0", 0)
	here := off("bob", "S3.8", time.Hour, "222222222222")
	for _, d := range []gate.Disable{all, here, list} {
		s.disable(t, d, nil)
	}
	s.configured(t, "", 0)
	if err := s.push(t, "one", 0); err != nil {
		t.Fatal(err)
	}
	s.disabled(t, all, here, list)
	for _, want := range []bool{true, false} {
		if lifted, err := s.Lift(t.Context(), off("", "s3.8", 0, "222222222222")); err != nil || lifted != want {
			t.Errorf("lifted %v, %v, want %v", lifted, err, want)
		}
	}
	s.disabled(t, all, list)
	s.configured(t, "one", 1)
}

// disablesMeet: nobody shortens what is disabled by disabling it again.
func disablesMeet(t *testing.T, s suite) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		old, next time.Duration
		want      error
	}{
		"for good":      {time.Hour, 0, nil},
		"longer":        {time.Hour, day, nil},
		"as long":       {time.Hour, time.Hour, nil},
		"shorter":       {day, time.Hour, gate.ErrLonger},
		"an end to one": {0, day, gate.ErrLonger},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.fresh(t)
			old, next := off("ada", "S3.8", tc.old, "1"), off("bob", "S3.8", tc.next, "1")
			s.disable(t, old, nil)
			s.disable(t, next, tc.want)
			if tc.want != nil {
				next = old
			}
			s.disabled(t, next)
		})
	}
}

// disableHasRoom: there is room for so many; what has ended takes none.
func disableHasRoom(t *testing.T, s suite) {
	for i := range gate.MostDisables {
		ends := time.Duration(0)
		if i == 0 {
			ends = time.Minute
		}
		s.disable(t, off("ada", fmt.Sprint("EC2.", i), ends), nil)
	}
	more := off("ada", "S3.8", 0)
	s.disable(t, more, gate.ErrMany)
	s.disable(t, off("ada", "EC2.5", 0), nil) // it is there already
	if err := s.Disable(t.Context(), more, Began().Add(time.Hour)); err != nil {
		t.Errorf("one has ended: %v", err)
	}
	got, err := s.Settings(t.Context())
	if err != nil || len(got.Disables) != gate.MostDisables {
		t.Errorf("%d, %v", len(got.Disables), err)
	}
}

// twoDisables: who disables two things at once has both.
func twoDisables(t *testing.T, s suite) {
	var wait sync.WaitGroup
	var want []gate.Disable
	for i := range 4 {
		want = append(want, off("ada", fmt.Sprint("EC2.", i), 0))
		wait.Go(func() { s.disable(t, off("ada", fmt.Sprint("EC2.", i), 0), nil) })
	}
	wait.Wait()
	s.disabled(t, want...)
}

func byHandCases() cases {
	return cases{
		"PushesAreKept": pushesAreKept, "OldPushesGo": oldPushesGo, "TwoPushes": twoPushes,
		"DisableSurvivesPushes": disableSurvivesPushes, "DisablesMeet": disablesMeet, "DisableHasRoom": disableHasRoom,
		"TwoDisables": twoDisables,
	}
}
