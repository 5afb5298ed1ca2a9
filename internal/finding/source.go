package finding

// Source is what reported a finding. It knows what makes a finding say that something is wrong.
type Source string

// The sources.
const (
	FromControl Source = "control" // a control of Security Hub, which passes or fails
	FromProduct Source = "product" // any other product, whose findings only come and go
)

// State is what a finding says of itself: its Compliance.Status, Workflow.Status and RecordState.
type State struct {
	Compliance, Workflow, RecordState string
}

// Failing tells that a finding of the source says that something is wrong now. What a control has not decided, and
// what an unknown source says, is no failure.
func (s Source) Failing(st State) bool {
	switch s {
	case FromControl:
		return st.Compliance == Failed || st.Compliance == Warning
	case FromProduct:
		return st.RecordState == Active && (st.Workflow == New || st.Workflow == Notified)
	}
	return false
}

// Passed tells that a finding of the source says that all is well. Only controls do.
func (s Source) Passed(st State) bool { return s == FromControl && st.Compliance == Passed }
