package main

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// TestNobodyTakesRightsFromHimself: neither from the user or the role that he works as, nor from the role that he
// enters.
func TestNobodyTakesRightsFromHimself(t *testing.T) {
	const (
		here = "arn:aws:iam::222222222222:"
		ops  = "arn:aws:sts::222222222222:assumed-role/Ops/ann"
		in   = "arn:aws:iam::111111111111:role/salve-operator"
	)
	for name, c := range map[string]struct {
		me, resource string
		refused      bool
	}{
		"the role of the session":        {ops, here + "role/Ops", true},
		"the role, by its path":          {ops, here + "role/teams/a/Ops", true},
		"the role, in other letters":     {ops, here + "role/ops", true},
		"another role":                   {ops, here + "role/Op", false},
		"a user of the role's name":      {ops, here + "user/Ops", false},
		"a role of another account":      {ops, "arn:aws:iam::333333333333:role/Ops", false},
		"a user of the session's name":   {ops, here + "user/ann", false},
		"the user":                       {here + "user/x/ann", here + "user/x/ann", true},
		"another user":                   {here + "user/x/ann", here + "user/x/bob", false},
		"the role that he enters":        {ops, in, true},
		"the account's root":             {here + "root", here + "user/eve", false},
		"the user, without its path":     {here + "user/x/ann", here + "user/ann", true},
		"what is nobody":                 {ops, "arn:aws:s3:::logs", false},
		"no ARN":                         {ops, "logs", false},
		"nobody knows who it is, no ARN": {"", "logs", false},
	} {
		t.Run(name, func(t *testing.T) {
			about := control.Target{Resource: c.resource}
			err := notOneself(control.Control{Info: control.Info{Identities: true}}, about, c.me, in)
			if (fault.Of(err) == fault.Refused) != c.refused {
				t.Errorf("%v", err)
			}
			if err := notOneself(control.Control{}, about, c.me, in); err != nil {
				t.Errorf("of a control that takes no rights: %v", err)
			}
		})
	}
}

// TestWhatDecidesRightsHasNoModeAuto: neither by enable, whatever it is asked for, nor in a document.
func TestWhatDecidesRightsHasNoModeAuto(t *testing.T) {
	about := subject{key: "Salve.IsolateInstance", control: control.Control{Info: control.Info{Identities: true}}}
	for mode, refused := range map[gate.Mode]bool{
		gate.Auto: true, gate.Approve: false, gate.Manual: false, gate.Plan: false, gate.Off: false,
	} {
		if err := about.takes(gate.Rule{Mode: mode}); (fault.Of(err) == fault.Invalid) != refused {
			t.Errorf("%s: %v", mode, err)
		}
	}
	about.control.Identities = false
	if err := about.takes(gate.Rule{Mode: gate.Auto}); err != nil {
		t.Error(err)
	}
	valid := withOwn(t).valid()
	for id, want := range map[string]bool{"salve.isolateinstance": true, "Bucket.1": false, "standard:cis-5.0.0": false} {
		if valid.Identities(id) != want {
			t.Errorf("%s: %v", id, !want)
		}
	}
}
