package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/metric"
)

// witness keeps the audit lines of one batch, to count them at its end.
type witness struct {
	next  audit.Log
	mu    sync.Mutex
	lines []audit.Line
	beats int
}

// beat hears of a sweep. It is counted and not logged: a line a minute would hide the others.
func (w *witness) beat() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beats++
}

func (w *witness) audit(ctx context.Context, line audit.Line) {
	w.mu.Lock()
	w.lines = append(w.lines, line)
	w.mu.Unlock()
	w.next(ctx, line)
}

// print writes the metrics of the batch. They go out in one piece: CloudWatch
// reads nothing from a line that another one cuts in two.
func (w *witness) print(out io.Writer, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, err := metric.Lines(now, w.lines, w.beats)
	if err != nil || len(text) == 0 {
		return err
	}
	_, err = out.Write(text)
	return err //nolint:wrapcheck // the caller says what it was
}
