package enable

import (
	"cmp"
	"context"
)

// back takes a step back, or says what would be, or why it stays.
func (r *Run) back(ctx context.Context, row Row, reading Reading, t task) []Row {
	row.Want = ""
	if reading.Back == nil {
		row.State, row.Detail = Left, cmp.Or(reading.Stays, "nothing to take back")
		return []Row{row}
	}
	if why := reading.Held.kept(ctx); why != "" {
		row.State, row.Detail = Left, why
		return []Row{row}
	}
	if t == lookBack {
		row.State = Missing
		return []Row{row}
	}
	if err := reading.Back(ctx); err != nil {
		return []Row{failed(row, err)}
	}
	row.State = Back
	return []Row{row}
}

// undelegated tells that a service has no administrator any more: then nobody may ask for most of what he saw to.
func undelegated(ctx context.Context, steps []Step) bool {
	for _, step := range steps {
		if step.Name == delegated {
			reading, err := step.Look(ctx)
			return err == nil && reading.Stays == noDelegation
		}
	}
	return false
}
