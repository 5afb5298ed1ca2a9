package run

import (
	"encoding/json"
	"fmt"
)

// MaxWeight is how many bytes of JSON a run with its plan may have. A run is one
// item of the table, which AWS limits to 400 KB with its findings and what the
// last look adds; an audit line has the changes too, and CloudWatch cuts lines
// above 256 KB. Source: DynamoDB and CloudWatch Logs, quotas.
const MaxWeight = 160 << 10

// Weight is how many bytes of JSON the run has with its findings.
func (r *Run) Weight() (int, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("weigh run %s: %w", r.ID, err)
	}
	size := len(raw)
	for _, f := range r.Findings {
		one, err := json.Marshal(f)
		if err != nil {
			return 0, fmt.Errorf("weigh a finding of run %s: %w", r.ID, err)
		}
		size += len(one) + len(f.String())
	}
	return size, nil
}
