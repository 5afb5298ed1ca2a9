package runbook

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// mapped is a control whose change a runbook carries out that is not Salve's.
type mapped struct {
	control.Mapping
	info control.Info
	own  bool // Salve's playbook reads the resource
}

// Mapped is the control with its change carried out by the mapping's runbook. Own is the control's playbook, where
// Salve has one: then plan, proof and undo stay the playbook's. Without one the run knows no more than that the runbook
// ended, and what an output of it proves; listed is then what Security Hub says of the control.
func Mapped(own *control.Control, listed control.Listing, m control.Mapping) (control.Control, error) {
	way := mapped{Mapping: m, own: own != nil}
	if own != nil {
		way.info = own.Info
	} else {
		way.info = unread(listed)
	}
	if err := m.Sound(way.info, way.own); err != nil {
		return control.Control{}, err
	}
	if err := way.declare(); err != nil {
		return control.Control{}, err
	}
	by := control.Carrier{Runbook: way.book, Start: way.start, Progress: way.progress}
	if own != nil {
		return own.By(way.info, by), nil
	}
	return control.Of[whether]{
		Info: way.info,
		Read: func(context.Context, control.Env) (whether, error) { return whether{Runbook: hasNotRun}, nil },
		Want: func(whether, control.Env) (whether, error) { return whether{Runbook: hasRun}, nil },
		Runbook: func(ctx context.Context, env control.Env, _, _ whether) (control.Runbook, error) {
			return way.book(ctx, env)
		},
		Start: func(ctx context.Context, env control.Env, book control.Runbook, _, _ whether) (control.Execution, error) {
			return way.start(ctx, env, book)
		},
		Progress: way.progress,
	}.Control(), nil
}

// whether is all that is known of a resource that nothing of Salve's can read.
type whether struct {
	Runbook string `json:"Runbook"`
}

const (
	hasNotRun = "has not run"
	hasRun    = "has run"
)

// unread declares a control without a playbook.
func unread(listed control.Listing) control.Info {
	return control.Info{
		ID: listed.ID, Title: listed.Title, Severity: listed.Severity, Resources: slices.Clone(listed.Resources),
		Impact: control.ImpactInterrupts, Role: control.RoleRemediation, Blind: true,
		OneWay: map[string]string{"Runbook": "nothing of Salve's takes back what a runbook of others does"},
	}
}

// declare completes the declaration with what the mapping says.
func (w *mapped) declare() error {
	if !w.own {
		of, err := w.Pattern()
		if err != nil {
			return err
		}
		w.info.Pattern = of
		w.info.Effect = "What the runbook " + w.Document + " does: it stands in the configuration, and is not Salve's."
	} else {
		w.info.Effect += " The runbook " + w.Document + " carries it out, which is not Salve's and may change more;" +
			" undo puts back what stands in the plan."
	}
	if w.Impact != "" {
		w.info.Impact = w.Impact
	}
	w.info.Settle = w.Settle()
	w.info.Accepted = w.NoWayBack == control.NoWayBackAccepted
	w.info.Actions = slices.Compact(slices.Sorted(slices.Values(append(w.info.Reads(), "iam:PassRole",
		"ssm:DescribeDocument", "ssm:GetAutomationExecution", "ssm:GetDocument", "ssm:StartAutomationExecution"))))
	w.info.UndoActions = nil
	own := w.info
	w.info.WholeAccount = false
	w.info.Narrow = func(env control.Env) []string {
		limits := w.limits(env.Target)
		switch {
		case !w.own || own.WholeAccount:
			return limits
		case own.Narrow != nil:
			return append(unlent(env.Target, own.Narrow(env), own.Runbooks), limits...)
		}
		return append(unlent(env.Target, []string{env.Target.Resource}, nil), limits...)
	}
	return nil
}

// role is what the runbook runs as.
func (w mapped) role(t control.Target) string {
	return t.GlobalARN("iam", "role"+t.Home.Below(names.UserRoles)+w.Role)
}

// limits are the document, the executions and the role that a run may have to do with.
func (w mapped) limits(t control.Target) []string {
	of := fmt.Sprintf("arn:%s:ssm:%s:", t.Partition, t.Region)
	out := []string{w.role(t), of + t.Account + ":automation-execution/*"}
	name, _ := w.At(t) // it is sound: what is at no place is looked for in vain
	if before, bare, shared := strings.Cut(name, ":document/"); shared {
		return append(out, name, before+":automation-definition/"+bare+":*")
	}
	out = append(out, of+t.Account+":document/"+name, of+t.Account+":automation-definition/"+name+":*")
	if amazons(name) { // they belong to no account; which form is asked for depends on the action
		out = append(out, of+":document/"+name, of+":automation-definition/"+name+":*")
	}
	return out
}

// amazons tells documents that AWS owns: nobody else's may begin so.
// Source: Systems Manager API reference, CreateDocument, Name.
func amazons(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "amazon") || strings.HasPrefix(lower, "amzn")
}

// book is what a plan starts.
func (w mapped) book(ctx context.Context, env control.Env) (control.Runbook, error) {
	found, err := w.find(ctx, env)
	if err != nil {
		return control.Runbook{}, err
	}
	parameters, err := w.Fill(env.Target, env.Name)
	if err != nil {
		return control.Runbook{}, fault.New(fault.Refused, "%w", err)
	}
	if err := found.takes(parameters, w.role(env.Target)); err != nil {
		return control.Runbook{}, err
	}
	return control.Runbook{
		Document: found.name, Version: found.version, Content: found.content.hash, Parameters: parameters,
	}, nil
}

// start starts the runbook that was planned, if it still is the same.
func (w mapped) start(ctx context.Context, env control.Env, book control.Runbook) (control.Execution, error) {
	found, err := w.find(ctx, env)
	if err != nil {
		return control.Execution{}, err
	}
	if book.Document != found.name || book.Content != found.content.hash || book.Version != found.version {
		return control.Execution{}, fault.New(fault.Drifted, "runbook %s is not the one of the plan any more: it is version"+
			" %s now, and the plan is for version %s", found.name, found.version, book.Version)
	}
	return begin(ctx, env, book, w.role(env.Target))
}

// progress is how far the execution is, and whether it proves the end state.
func (w mapped) progress(ctx context.Context, env control.Env, e control.Execution) (control.Progress, error) {
	seen, err := look(ctx, env, e)
	if err != nil {
		return control.Progress{}, err
	}
	p := of(*seen)
	p.Proven = p.Over && !p.Failed && w.proves(*seen)
	return p, nil
}

// proves tells that the output of the configuration is there, and says so, whenever its step ran: one in a loop runs
// many times. Of steps that AWS left out of its answer nobody knows.
func (w mapped) proves(e types.AutomationExecution) bool {
	if w.Proof == nil || e.StepExecutionsTruncated {
		return false
	}
	step, output, _ := strings.Cut(w.Proof.Output, ".")
	proven := false
	for _, one := range e.StepExecutions {
		if one.StepName == nil || *one.StepName != step {
			continue
		}
		if one.StepStatus != types.AutomationExecutionStatusSuccess ||
			!slices.Equal(one.Outputs[output], []string{w.Proof.Equals}) {
			return false
		}
		proven = true
	}
	return proven
}
