package ledgertest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// given is an exception that ada made by hand.
func given(t *testing.T, id string) gate.Given {
	t.Helper()
	g := gate.Given{
		Exception: gate.Exception{
			Control: "S3.2,S3.8", Account: "222222222222", Resource: "arn:aws:s3:::site-*", Reason: "static web site",
			Owner: "web@example.org", Ticket: "SEC-12", ID: id,
		},
		By: "arn:aws:iam::111111111111:user/ada", Since: Began(),
	}
	if err := g.Expires.UnmarshalText([]byte("2027-03-31")); err != nil {
		t.Fatal(err)
	}
	return g
}

func (s suite) excepted(t *testing.T, want ...gate.Given) {
	t.Helper()
	got, err := s.Given(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// exceptAndEnd: what is stored comes back as it was; it is ended once, and stays for who asks.
func exceptAndEnd(t *testing.T, s suite) {
	s.excepted(t)
	one, two := given(t, "xa"), given(t, "xb")
	two.Account, two.Ticket = "", ""
	one.Resource = "" // all of its account
	for _, g := range []gate.Given{two, one} {
		if err := s.Except(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Except(t.Context(), one); !errors.Is(err, gate.ErrTaken) {
		t.Errorf("%v, want ErrTaken", err)
	}
	if err := s.push(t, "one", 0); err != nil {
		t.Fatal(err)
	}
	s.excepted(t, one, two) // a push leaves them
	for _, want := range []bool{true, false} {
		ended, err := s.EndExcept(t.Context(), "xa", "bob", Began().Add(time.Hour))
		if err != nil || ended != want {
			t.Errorf("ended %v, %v, want %v", ended, err, want)
		}
	}
	one.Ended, one.EndedBy = Began().Add(time.Hour), "bob"
	s.excepted(t, one, two)
	if ended, err := s.EndExcept(t.Context(), "xc", "bob", Began()); err != nil || ended {
		t.Errorf("ended what is not there: %v, %v", ended, err)
	}
	s.excepted(t, one, two)
}

// manyExceptions: those that many make at once are all there, and all are read.
func manyExceptions(t *testing.T, s suite) {
	const many = 40
	var wait sync.WaitGroup
	for i := range many {
		g := given(t, fmt.Sprintf("x%03d", i))
		for len(g.Reason) < 1000 {
			g.Reason += " and so on"
		}
		wait.Go(func() {
			if err := s.Except(t.Context(), g); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got, err := s.Given(t.Context()); err != nil || len(got) != many {
		t.Errorf("%d, %v", len(got), err)
	}
}

func givenCases() cases {
	return cases{"ExceptAndEnd": exceptAndEnd, "ManyExceptions": manyExceptions}
}
