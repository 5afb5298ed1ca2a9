package run

import "slices"

// severities are in the order of their weight.
func severities() []string { return []string{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"} }

// Severity is the gravest of the run's findings; empty where none says it.
func (r *Run) Severity() string {
	gravest := -1
	for _, f := range r.Findings {
		gravest = max(gravest, slices.Index(severities(), f.Severity))
	}
	if gravest < 0 {
		return ""
	}
	return severities()[gravest]
}
