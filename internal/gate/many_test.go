package gate_test

import (
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestStars: a star stands for anything, also for nothing, and the rest has to be there in order.
func TestStars(t *testing.T) {
	for text, want := range map[string]bool{
		"arn:aws:s3:::logs-eu-1": true, "arn:aws:s3:::logs-eu-": true, "arn:aws:s3:::logs--eu-1-eu-": true,
		"arn:aws:s3:::logs-us-1": false, "arn:aws:s3:::log-eu-1": false, "x arn:aws:s3:::logs-eu-1": false,
	} {
		in := input(except("arn:aws:s3:::logs-*eu-*", "2026-11-21"))
		in.Finding.Resource.ID = text
		if got := gate.Decide(in).Reason == gate.Excepted; got != want {
			t.Errorf("%s is protected: %v", text, got)
		}
	}
	for pattern, want := range map[string]bool{
		"*": true, "**": true, "*" + bucket: true, bucket + "*": true, bucket: true, bucket[1:]: false,
		"*" + bucket[5:]: true,
		"*x":             false, bucket[:9] + "*" + bucket[5:]: false, "": false,
	} {
		if got := gate.Decide(input(except(pattern, "2026-11-21"))).Reason == gate.Excepted; got != want {
			t.Errorf("%q protects: %v", pattern, got)
		}
	}
}

// TestExceptionsForSeveral: by a list, a pattern or all; in an account alone, or for all of it.
func TestExceptionsForSeveral(t *testing.T) {
	for name, tc := range map[string]struct {
		e    gate.Exception
		want bool
	}{
		"a list":             {gate.Exception{Control: "EC2.1, s3.8", Resource: bucket}, true},
		"a list without it":  {gate.Exception{Control: "EC2.1,S3.80", Resource: bucket}, false},
		"a pattern":          {gate.Exception{Control: "s3.*", Resource: bucket}, true},
		"another pattern":    {gate.Exception{Control: "EC2.*", Resource: bucket}, false},
		"all":                {gate.Exception{Control: "*", Resource: bucket}, true},
		"there":              {gate.Exception{Control: "S3.8", Resource: bucket, Account: account}, true},
		"elsewhere":          {gate.Exception{Control: "S3.8", Resource: bucket, Account: "1"}, false},
		"all of it":          {gate.Exception{Control: "S3.8", Account: account}, true},
		"all of another":     {gate.Exception{Control: "S3.8", Account: "1"}, false},
		"nothing is no all":  {gate.Exception{Control: "S3.8"}, false},
		"another's resource": {gate.Exception{Control: "*", Account: account, Resource: "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := input()
			in.Overlay = in.Overlay.With([]gate.Given{{Exception: tc.e}})
			if got := gate.Decide(in).Reason == gate.Excepted; got != tc.want {
				t.Errorf("protected: %v", got)
			}
			in.Overlay, in.Config.Exceptions = gate.Overlay{}, []gate.Exception{tc.e}
			if got := gate.Decide(in).Reason == gate.Excepted; got != tc.want {
				t.Errorf("by the document: %v", got)
			}
			in.Config.Exceptions = nil
			in.Overlay = gate.Overlay{}.With([]gate.Given{{Exception: tc.e, Ended: now()}})
			if gate.Decide(in).Reason == gate.Excepted {
				t.Error("one that was ended protects")
			}
		})
	}
}

// BenchmarkManyExceptions: a decision among two thousand exceptions by hand, a few of them patterns. The figure to hold
// is 20 µs: go test ./internal/gate -bench Many -run none
func BenchmarkManyExceptions(b *testing.B) {
	in := input(mode(gate.Auto))
	in.Control.Kin = []string{"S3.2", "S3.3"}
	for i := range 2000 { // of fifty other controls
		e := gate.Exception{Control: fmt.Sprint("EC2.", i%50), Resource: fmt.Sprint("arn:aws:ec2:::thing/", i)}
		switch i % 20 {
		case 0:
			e.Control, e.Account = "S3.*", fmt.Sprintf("%012d", i)
		case 1:
			e.Control, e.Resource = "S3.8", fmt.Sprint("arn:aws:s3:::other-", i, "-*")
		}
		in.Overlay.Exceptions = append(in.Overlay.Exceptions, e)
	}
	in.Overlay = in.Overlay.With(nil)
	b.ReportAllocs()
	for b.Loop() {
		if d := gate.Decide(in); d.Reason != gate.Allowed {
			b.Fatal(d.Reason)
		}
	}
}
