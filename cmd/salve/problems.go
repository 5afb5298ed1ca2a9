package main

import (
	"errors"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/plain"
)

// problems takes an error about a document apart.
func problems(err error) []gate.Problem {
	var many interface{ Unwrap() []error }
	var one gate.Problem
	switch {
	case errors.As(err, &many):
		var out []gate.Problem
		for _, e := range many.Unwrap() {
			out = append(out, problems(e)...)
		}
		return out
	case errors.As(err, &one):
		return []gate.Problem{one}
	}
	return nil
}

// mostProblems is how many problems are told at a time: nobody mends more of them before looking again.
const mostProblems = 20

// refused tells what is wrong with a document, a line each.
func (a *app) refused(err error) error {
	list := problems(err)
	if len(list) < 2 {
		return err
	}
	for _, p := range list[:min(len(list), mostProblems)] {
		a.warn("%s", plain.Short(p.Error(), maxSentence))
	}
	if more := len(list) - mostProblems; more > 0 {
		a.warn("and %d more", more)
	}
	return exit(exitUsage)
}
