// Package runbook is the mechanism of controls whose change SSM Automation carries out: the Write of such a control
// is a document that is published in the member's account and Region on first use, and started once for each run. Read
// and Want stay the control's own, in Go, so that plan, hash, proof and evidence are those of every other control.
package runbook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	ssmdocuments "github.com/salve-security/salve/ssm-documents"
)

// RoleParameter is the parameter by which a document takes the role it runs as, as in AWS's own runbooks.
const RoleParameter = "AutomationAssumeRole"

// Document is a runbook as its file has it.
type Document struct {
	Name    string // it begins with names.RunbookPrefix
	Content string // YAML or JSON, schema 0.3; it takes RoleParameter
}

// Named is the document of ssm-documents with the name; one that lacks everything where there is none, which no
// registry takes.
func Named(name string) Document {
	all, err := ssmdocuments.Documents()
	if err != nil {
		return Document{}
	}
	for _, d := range all {
		if d.Name == name {
			return Document{Name: d.Name, Content: d.Content}
		}
	}
	return Document{}
}

// Runbook is a kind of control. How long it typically takes and its limit are the declaration's Settle.
type Runbook[S any] struct {
	// Read and Want are those of control.Of.
	Read func(ctx context.Context, env control.Env) (S, error)
	Want func(now S, env control.Env) (S, error)
	// Do leads from one state to the other, and Undo back. Without Undo the declaration says in OneWay why.
	Do, Undo Document
	// Family names the role of the member account that the documents run as, without its path and prefix.
	Family string
	// Parameters are those of the document beside RoleParameter, narrow values and never a finding's text. Nil is none.
	// It only looks at what it is given; env.Undo tells which document they are for.
	Parameters func(env control.Env, from, to S) (map[string][]string, error)
}

// Control returns the runbook as a control. What starting it takes is added to the declaration: rights, and what they
// are limited to.
func (r Runbook[S]) Control(info control.Info) control.Control {
	if !r.whole(info) {
		return control.Control{Info: info}
	}
	return control.Of[S]{
		Info: r.declared(info), Read: r.Read, Want: r.Want, Runbook: r.book, Start: r.start, Progress: progress,
	}.Control()
}

// whole tells that no part is missing: who can neither undo nor says why has forgotten something.
func (r Runbook[S]) whole(info control.Info) bool {
	named := func(d Document) bool { return strings.HasPrefix(d.Name, names.RunbookPrefix) && d.Content != "" }
	back := named(r.Undo) || r.Undo == Document{} && len(info.OneWay) > 0
	return r.Read != nil && r.Want != nil && named(r.Do) && back && r.Family != ""
}

// ways are the documents there are.
func (r Runbook[S]) ways() []Document {
	if r.Undo.Name == "" {
		return []Document{r.Do}
	}
	return []Document{r.Do, r.Undo}
}

// way is the document that a change is carried out with.
func (r Runbook[S]) way(env control.Env) (Document, error) {
	switch {
	case !env.Undo:
		return r.Do, nil
	case r.Undo.Name == "":
		return Document{}, fault.New(fault.Refused, "there is no runbook that takes back what %s does", r.Do.Name)
	}
	return r.Undo, nil
}

// role is what the documents run as.
func (r Runbook[S]) role(t control.Target) string {
	return t.GlobalARN("iam", t.Home.RoleBelow(names.RunbookRoles, names.RunbookRolePrefix+r.Family))
}

// declared adds what every runbook needs.
func (r Runbook[S]) declared(info control.Info) control.Info {
	info.Actions = append(slices.Clone(info.Actions),
		"iam:PassRole", "ssm:CreateDocument", "ssm:DescribeDocument", "ssm:GetAutomationExecution", "ssm:GetDocument",
		"ssm:StartAutomationExecution", "ssm:UpdateDocument")
	info.Family, info.Identities = r.Family, info.Identities || ssmdocuments.DecidesRights(r.Family)
	for _, d := range r.ways() {
		info.Runbooks = append(info.Runbooks, d.Name)
	}
	own, account := info.Narrow, info.WholeAccount
	info.WholeAccount = false
	info.Narrow = func(env control.Env) []string {
		limits := r.limits(env.Target)
		switch {
		case own != nil:
			return append(unlent(env.Target, own(env), nil), limits...)
		case account:
			return limits // which are of two services: the others reach the account, as the declaration says
		}
		return append(unlent(env.Target, []string{env.Target.Resource}, nil), limits...)
	}
	return info
}

// unlent are limits without the roles that may be passed on, and without these documents: each would be one more that a
// run may lend, or start. Salve may not even look at such a role.
func unlent(t control.Target, limits, documents []string) []string {
	return slices.DeleteFunc(slices.Clone(limits), func(arn string) bool {
		return strings.Contains(arn, ":role"+t.Home.Below(names.RunbookRoles)) ||
			strings.Contains(arn, ":role"+t.Home.Below(names.UserRoles)) ||
			slices.ContainsFunc(documents, func(name string) bool {
				return strings.HasSuffix(arn, ":document/"+name) || strings.HasSuffix(arn, ":automation-definition/"+name+":*")
			})
	})
}

// limits are the documents, the executions and the role that a run may have to do with.
func (r Runbook[S]) limits(t control.Target) []string {
	ssm := fmt.Sprintf("arn:%s:ssm:%s:%s:", t.Partition, t.Region, t.Account)
	out := []string{r.role(t), ssm + "automation-execution/*"}
	for _, d := range r.ways() {
		out = append(out, ssm+"document/"+d.Name, ssm+"automation-definition/"+d.Name+":*")
	}
	return out
}

// book is what a plan starts.
func (r Runbook[S]) book(ctx context.Context, env control.Env, from, to S) (control.Runbook, error) {
	d, err := r.way(env)
	if err != nil {
		return control.Runbook{}, err
	}
	at, err := open(env, d).find(ctx)
	if err != nil {
		return control.Runbook{}, err
	}
	parameters := map[string][]string{}
	if r.Parameters != nil {
		if parameters, err = r.Parameters(env, from, to); err != nil {
			return control.Runbook{}, err
		}
	}
	parameters[RoleParameter] = []string{r.role(env.Target)}
	return control.Runbook{
		Document: d.Name, Version: at.version, Content: d.hash(), Parameters: parameters, Ready: at.ready,
	}, nil
}

// start starts the document of a plan that is still the one that was planned, and publishes it where it is not there
// yet. What the plan saw ready a moment ago is not looked at again.
func (r Runbook[S]) start(ctx context.Context, env control.Env, book control.Runbook, _, _ S) (
	control.Execution, error,
) {
	d, err := r.way(env)
	if err != nil {
		return control.Execution{}, err
	}
	s := open(env, d)
	at := place{version: book.Version, ready: true}
	if !book.Ready {
		at, err = s.ensure(ctx)
	}
	switch {
	case err != nil:
		return control.Execution{}, err
	case book.Document != d.Name || book.Content != d.hash() || book.Version != at.version:
		return control.Execution{}, fault.New(fault.Drifted, "runbook %s is not the one of the plan any more:"+
			" it is version %s now, and the plan is for version %s", d.Name, at.version, book.Version)
	case !at.ready:
		return control.Execution{}, fault.New(fault.Retry, "Systems Manager is still taking in runbook %s", d.Name)
	}
	return begin(ctx, env, book, strings.Join(book.Parameters[RoleParameter], ""))
}

// begin starts a runbook once for its run, as a role.
func begin(ctx context.Context, env control.Env, book control.Runbook, role string) (control.Execution, error) {
	token := Token(env.Run)
	out, err := ssm.NewFromConfig(env.Config).StartAutomationExecution(ctx, &ssm.StartAutomationExecutionInput{
		DocumentName: &book.Document, DocumentVersion: &book.Version, Parameters: book.Parameters, ClientToken: &token,
	})
	switch {
	case fault.Unassumable(err):
		return control.Execution{}, fault.New(fault.Denied, "SSM Automation cannot enter role %s, which runbook %s"+
			" runs as: %s", role, book.Document, makeRole(role))
	case err != nil:
		return control.Execution{}, fmt.Errorf("start runbook %s: %w", book.Document, err)
	case out.AutomationExecutionId == nil:
		return control.Execution{}, fault.New(fault.Invalid, "StartAutomationExecution answered without an id")
	}
	return control.Execution{ID: *out.AutomationExecutionId, Started: env.Now}, nil
}

// makeRole says how the role comes into the account.
func makeRole(role string) string {
	if strings.Contains(role, names.UserRoles) {
		return "make it there, trusting " + names.RunbookService
	}
	return "update the member stack of the account"
}
