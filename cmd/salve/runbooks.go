package main

import (
	"fmt"

	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/runbook/validate"
)

type runbooksCmd struct {
	List     runbooksList     `cmd:"" help:"List the runbooks of Salve, and those that the configuration names."`
	Show     runbooksShow     `cmd:"" help:"Show a runbook: one of Salve's, or any that an account can start."`
	Plan     runbooksPlan     `cmd:"" help:"Show what a runbook would change about a resource; nothing is started."`
	Run      runbooksRun      `cmd:"" help:"Start a runbook for a resource, with plan, proof and record of its control."`
	Validate runbooksValidate `cmd:"" help:"Check runbooks of SSM Automation: shape, APIs, references; needs no AWS."`
}

type runbooksValidate struct {
	Files fileNames `arg:"" help:"Documents in YAML or JSON; - reads what is piped in."`
}

// problemReport is something wrong with a runbook, as programs get it.
type problemReport struct {
	File    string         `json:"file"`
	Layer   validate.Layer `json:"layer"`
	Line    int            `json:"line,omitempty"`
	Where   string         `json:"where,omitempty"`
	Problem string         `json:"problem"`
}

// Run judges each document.
func (c *runbooksValidate) Run(a *app) error {
	problems := []problemReport{}
	for _, name := range c.Files {
		content, err := name.read(validate.MaxDocument)
		if err != nil {
			return fmt.Errorf("the runbook %s: %w", name, err)
		}
		for _, p := range validate.Runbook(content) {
			problems = append(
				problems,
				problemReport{string(name), p.Layer, p.Line, p.Where, plain.Short(p.Message, maxSentence)},
			)
		}
	}
	if err := a.data(problems, func() { a.runbookProblems(problems, len(c.Files)) }); err != nil {
		return err
	}
	if len(problems) > 0 {
		return exit(exitUsage)
	}
	return nil
}

// runbookProblems prints a line each, as compilers do: FILE:LINE: where: what.
func (a *app) runbookProblems(problems []problemReport, files int) {
	for _, p := range problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", p.File, p.Line)
		}
		told := validate.Problem{Where: p.Where, Message: p.Problem}
		a.say("%s: %s", plain.Line(at), plain.Line(told.String()))
	}
	if len(problems) == 0 {
		a.say("%s, without a fault in shape, in the APIs that are called and in what is referred to. Only AWS proves that "+
			"AWS accepts it.", counted(files, "document"))
	}
}
