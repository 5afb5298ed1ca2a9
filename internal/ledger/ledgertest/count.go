package ledgertest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/run"
)

// once is for the first who asks, and again for the first after its end.
func once(t *testing.T, s suite) {
	for _, step := range []struct {
		after, end time.Duration
		want       bool
	}{
		{0, time.Hour, true},
		{0, time.Hour, false},
		{time.Hour - time.Second, 2 * time.Hour, false},
		{time.Hour, 2 * time.Hour, true},
		{time.Hour, 2 * time.Hour, false},
	} {
		got, err := s.Once(t.Context(), t.Name(), Began().Add(step.after), Began().Add(step.end))
		if err != nil || got != step.want {
			t.Errorf("after %v: %v, %v, want %v", step.after, got, err, step.want)
		}
	}
	if got, err := s.Once(t.Context(), t.Name()+" else", Began(), Began().Add(time.Hour)); !got || err != nil {
		t.Errorf("another key: %v, %v", got, err)
	}
}

// count counts within a span from the epoch, a key for itself.
func count(t *testing.T, s suite) {
	for _, step := range []struct {
		key   string
		after time.Duration
		want  int
	}{
		{"a", 0, 1}, {"a", 14 * time.Minute, 2}, {"b", 0, 1}, {"a", 15 * time.Minute, 1}, {"a", 0, 3},
	} {
		got, err := s.Count(t.Context(), t.Name()+step.key, 15*time.Minute, Began().Add(step.after))
		if err != nil || got != step.want {
			t.Errorf("%s after %v: %d, %v, want %d", step.key, step.after, got, err, step.want)
		}
	}
}

// tally counts the outcomes of an hour, a control for itself.
func tally(t *testing.T, s suite) {
	type counts = map[run.Status]int
	const here, there = "222222222222", "333333333333"
	for _, step := range []struct {
		control string
		account string
		outcome run.Status
		after   time.Duration
		want    run.Hour
	}{
		{"S3.8", here, run.StatusFailed, 0, run.Hour{here: counts{run.StatusFailed: 1}}},
		{
			"S3.8", here, run.StatusVerified, 59 * time.Minute,
			run.Hour{here: counts{run.StatusFailed: 1, run.StatusVerified: 1}},
		},
		{"S3.2", here, run.StatusFailed, 0, run.Hour{here: counts{run.StatusFailed: 1}}},
		{"S3.8", here, run.StatusFailed, time.Hour, run.Hour{here: counts{run.StatusFailed: 1}}},
		{
			"S3.8", there, run.StatusFailed, 0, run.Hour{
				here: counts{run.StatusFailed: 1, run.StatusVerified: 1}, there: counts{run.StatusFailed: 1},
			},
		},
	} {
		got, err := s.Tally(t.Context(), t.Name()+step.control, step.account, step.outcome, Began().Add(step.after))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("%s after %v:\n%s", step.control, step.after, d)
		}
	}
}

func countCases() cases {
	return cases{"Once": once, "Count": count, "Tally": tally}
}
