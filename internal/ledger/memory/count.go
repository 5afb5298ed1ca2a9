package memory

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/salve-security/salve/internal/run"
)

// Once is true for the first who asks for the key, until the time it ends.
func (l *Ledger) Once(ctx context.Context, key string, now, end time.Time) (bool, error) {
	return call(ctx, l, "Once", func() (bool, error) {
		if ends, known := l.once[key]; known && ends > now.Unix() {
			return false, nil
		}
		l.once[key] = end.Unix()
		return true, nil
	})
}

// Count counts an occurrence of the key and returns how many there were in the
// span of time, counted from the epoch, that now is in.
func (l *Ledger) Count(ctx context.Context, key string, within time.Duration, now time.Time) (int, error) {
	return call(ctx, l, "Count", func() (int, error) {
		return l.add(key+"#"+now.UTC().Truncate(within).Format(time.RFC3339), "n")["n"], nil
	})
}

// Tally counts an outcome of a control in an account, in the hour of at, and returns the hour's counts.
func (l *Ledger) Tally(ctx context.Context, control, account string, outcome run.Status, at time.Time) (
	run.Hour, error,
) {
	return call(ctx, l, "Tally", func() (run.Hour, error) {
		return run.HourOf(l.add(hourOf(control, at), string(outcome)+"#"+account)), nil
	})
}

func (l *Ledger) add(key, field string) map[string]int {
	if l.tallies[key] == nil {
		l.tallies[key] = map[string]int{}
	}
	l.tallies[key][field]++
	return maps.Clone(l.tallies[key])
}

// Draw takes a span out of an account's share of the time: its mark moves on from now, or from where it stands if
// that is later. Where seen is a wrong guess of which it is, nothing is drawn. The mark is where it stands then.
func (l *Ledger) Draw(ctx context.Context, account string, span time.Duration, now, seen time.Time) (
	mark time.Time, drawn bool, err error,
) {
	mark, err = call(ctx, l, "Draw", func() (time.Time, error) {
		old := l.marks[account]
		if drawn = seen.After(now) == (old > now.Unix()); drawn {
			l.marks[account] = max(old, now.Unix()) + int64(span.Seconds())
		}
		return time.Unix(l.marks[account], 0).UTC(), nil
	})
	return mark, drawn && err == nil, err
}

// hourOf is the key of a control's count in the hour of at.
func hourOf(control string, at time.Time) string {
	return control + "#" + at.UTC().Truncate(time.Hour).Format(time.RFC3339)
}

// sealBytes is the length of the key of a keyed SHA-256.
const sealBytes = 32

// SealKey returns the key of the marks that stand for secrets. Read-only, where
// there is none yet, it returns one that nobody keeps.
func (l *Ledger) SealKey(ctx context.Context, readOnly bool) ([]byte, error) {
	return call(ctx, l, "SealKey", func() ([]byte, error) {
		if l.seal != nil {
			return slices.Clone(l.seal), nil
		}
		key := make([]byte, sealBytes)
		_, _ = rand.Read(key) // never fails, see crypto/rand
		if !readOnly {
			l.seal = slices.Clone(key)
		}
		return key, nil
	})
}
