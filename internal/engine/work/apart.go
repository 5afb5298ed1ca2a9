package work

import (
	"context"
	"slices"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// writing is what the plan is written with. Most are written in the session that has read; a change that gives a role
// away, or that decides who may do what, in one of its own, opened now that it is known what the plan needs.
func (a *attempt) writing(
	ctx context.Context, c control.Control, env control.Env, plan control.Plan,
) (control.Env, error) {
	if !c.Apart() || a.r.State == run.StateParked || !plan.Pending() {
		return env, nil
	}
	if c.Role == control.RoleIdentity && !a.approved() {
		return env, fault.New(fault.Refused, "this change decides who may do what, and no person has approved it")
	}
	passes, err := c.Passing(env, plan)
	if err != nil {
		return env, err
	}
	request, err := a.request(c, env.Params)
	if err != nil {
		return env, err
	}
	request.Role, request.Actions, request.Passes = c.Role, c.Actions, passes
	if a.r.Undoes != "" {
		request.Actions = both(c)
	}
	cfg, err := a.Sessions.Open(ctx, request)
	if err != nil {
		return env, err
	}
	a.rec.AddTo(&cfg)
	env.Config = cfg
	return env, nil
}

// approved tells that a person whom IAM knows has said yes to this run: by an operator's own apply, or by an answer to
// its plan.
func (a *attempt) approved() bool { return a.r.Insists() && a.r.Actor != "" || a.r.Granted() }

// request is what a run asks its session for. What writes apart only reads in it.
func (a *attempt) request(c control.Control, params control.Params) (control.SessionRequest, error) {
	t := a.r.Target()
	narrow, err := c.Limits(t, params)
	if err != nil {
		return control.SessionRequest{}, err
	}
	r := control.SessionRequest{
		Target: t, RunID: a.r.ID, Source: a.source(), Role: c.Role, Actions: c.Actions, Narrow: narrow,
		Approved: a.approved(),
	}
	switch {
	case c.Apart():
		r.Role, r.Actions = control.RoleRemediation, c.Reads()
	case a.r.Undoes != "":
		r.Actions = both(c)
	}
	return r, nil
}

// source is who stands behind a run in the member's CloudTrail: who approved it, else who asked.
func (a *attempt) source() string {
	if !a.r.Granted() {
		return a.r.Actor
	}
	for _, answer := range slices.Backward(a.r.Reply.Answers) {
		if answer.Word == run.Approve && answer.Session != "" {
			return answer.Session
		}
		if answer.Word == run.Approve {
			return answer.Name()
		}
	}
	return a.r.Actor
}

// both are the actions of a run that takes back.
func both(c control.Control) []string {
	return append(append([]string(nil), c.Actions...), c.UndoActions...)
}
