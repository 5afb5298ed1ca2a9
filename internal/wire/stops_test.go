package wire

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
)

// lift takes away the stops of these tests.
func lift(t *testing.T, c *cached) {
	t.Helper()
	for _, control := range []string{"S3.8", ""} {
		if _, err := c.book.Resume(context.WithoutCancel(t.Context()), control, "", c.now()); err != nil {
			t.Error(err)
		}
	}
}

// TestStopsComeWithTheConfiguration: they cost no call of their own, and the
// process that stops a control hears of it at once.
func TestStopsComeWithTheConfiguration(t *testing.T) {
	c, clock := book(t, auto)
	lift(t, c)
	t.Cleanup(func() {
		world.ClearFaults()
		lift(t, c)
	})
	world.ClearCalls()
	holds := func(control string, want bool) {
		t.Helper()
		overlay, err := c.Overlay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, held := overlay.Stopped(control, "222222222222", *clock); held != want {
			t.Errorf("%s is stopped: %v, want %v", control, held, want)
		}
	}
	mode(t, c)
	holds("S3.8", false)
	once := reads()

	s := gate.Stop{Control: "S3.8", Since: *clock, Origin: gate.Origin{Owner: "Salve", Reason: "5 failed"}}
	if held, err := c.Trip(t.Context(), s, *clock); err != nil || held.Owner != "Salve" {
		t.Fatalf("trip: %v %+v", err, held)
	}
	holds("S3.8", true)
	holds("S3.2", false)
	mode(t, c)
	if n := reads(); once != 1 || n != 2 {
		t.Errorf("read %d times, then %d, want once and once more", once, n-once)
	}

	if err := c.book.Stop(t.Context(), gate.Stop{Since: *clock, Origin: gate.Origin{Owner: "ada"}}); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(ConfigAge)
	holds("S3.2", true)
	if err := world.Inject(lab.Fault{Service: "dynamodb", Operation: "GetItem", Error: lab.Fault500}); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(ConfigAge)
	if overlay, err := c.Overlay(t.Context()); err == nil || len(overlay.Stops) > 0 {
		t.Errorf("stops that cannot be read: %+v, %v", overlay, err)
	}
}

// TestByHandComesWithTheConfiguration: exceptions cost one more read, each half minute, and what cannot be read fails
// closed; a clock that jumps back makes nothing young.
func TestByHandComesWithTheConfiguration(t *testing.T) {
	c, clock := book(t, auto)
	ctx := context.WithoutCancel(t.Context())
	g := gate.Given{Exception: gate.Exception{ID: "xwire", Control: "S3.8", Resource: "arn:aws:s3:::site", Owner: "web"}}
	g.Expires.Day = clock.AddDate(0, 1, 0)
	if err := c.book.Except(ctx, g); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		world.ClearFaults()
		if _, err := c.book.EndExcept(ctx, "xwire", "ada", *clock); err != nil {
			t.Error(err)
		}
	})
	world.ClearCalls()
	for range 3 {
		overlay, err := c.Overlay(ctx)
		if err != nil || len(overlay.Excepting(gate.Wish{Control: "S3.8", Resource: "arn:aws:s3:::site"})) != 1 {
			t.Fatalf("%+v, %v", overlay, err)
		}
	}
	if queries() != 1 || reads() != 1 {
		t.Errorf("%d queries and %d reads, want one each", queries(), reads())
	}
	*clock = clock.Add(-time.Hour)
	if _, err := c.Overlay(ctx); err != nil || reads() != 2 {
		t.Errorf("%v, %d reads: the clock was put back, and nothing was read again", err, reads())
	}
	if err := world.Inject(lab.Fault{Service: "dynamodb", Operation: "Query", Error: lab.Fault500}); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(ConfigAge)
	if overlay, err := c.Overlay(ctx); err == nil {
		t.Errorf("exceptions that cannot be read: %+v", overlay)
	}
}

// queries counts how often the table was asked for a list since the journal was emptied.
func queries() int {
	n := 0
	for _, call := range world.Calls(0) {
		if call.Service == "dynamodb" && call.Operation == "Query" {
			n++
		}
	}
	return n
}
