package finding

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/salve-security/salve/internal/names"
)

// Kind says what a message asks for.
type Kind string

// The kinds of events.
const (
	Imported     Kind = "imported"      // a finding is new or was updated
	CustomAction Kind = "custom_action" // a person clicked
	Check        Kind = "check"         // look at a parked run
	Sweep        Kind = "sweep"         // look for what is due
	Unknown      Kind = "unknown"       // not for us: log and drop
)

// Event is one message of a queue.
type Event struct {
	Kind       Kind
	Source     string
	DetailType string
	ID         string
	Account    string // where it was delivered: the hub, not the member
	Region     string
	Time       time.Time
	Action     string // ARN of the custom action that was clicked
	Run        string // of a check
	Findings   []Raw
}

const (
	maxBody     = 1 << 20 // what SQS carries
	maxFindings = 100     // AWS sends one; what a person selects is at most 20
)

var runShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// message is the union of EventBridge's envelope and our own messages.
type message struct {
	Salve      string          `json:"salve"`
	Run        string          `json:"run"`
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	ID         string          `json:"id"`
	Account    string          `json:"account"`
	Region     string          `json:"region"`
	Time       string          `json:"time"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// detailOfEvent is the detail of both kinds of findings.
type detailOfEvent struct {
	Findings []Raw `json:"findings"`
}

// route is how events are told apart. Our own messages have no detail-type of EventBridge; theirs is the verb.
type route struct{ source, detailType string }

const (
	securityHub = "aws.securityhub"
	ownSource   = "salve"
)

// decoder reads what is particular to one kind of event.
type decoder func(message, *Event) error

func decoders() map[route]decoder {
	return map[route]decoder{
		{securityHub, "Security Hub Findings - Imported"}:      decodeImported,
		{securityHub, "Security Hub Findings - Custom Action"}: decodeAction,
		{ownSource, names.MessageCheck}:                        decodeCheck,
		{ownSource, names.MessageSweep}:                        decodeSweep,
	}
}

// Decode reads the body of a queue message. An event that is not for us is of the kind Unknown and no error;
// what cannot be read is a *Malformed and belongs on the dead letter queue.
func Decode(body []byte) (Event, error) {
	var m message
	if len(body) > maxBody {
		return Event{}, &Malformed{Field: "body", Problem: fmt.Sprintf("has %d bytes, more than SQS carries", len(body))}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return Event{}, &Malformed{Field: "body", Problem: "is not the JSON of an event", Err: err}
	}
	if err := uniqueKeys[message](body, "body"); err != nil {
		return Event{}, err
	}
	event := Event{Source: m.Source, DetailType: m.DetailType, ID: m.ID, Account: m.Account, Region: m.Region}
	if m.Salve != "" {
		event.Source, event.DetailType = ownSource, m.Salve
	}
	if event.Source == "" || event.DetailType == "" {
		return Event{}, &Malformed{Field: "source", Problem: "is missing, or detail-type is"}
	}
	decode, known := decoders()[route{event.Source, event.DetailType}]
	if !known || (m.Salve != "" && m.Source != "") {
		event.Kind = Unknown
		return event, nil
	}
	if err := decode(m, &event); err != nil {
		return Event{}, err
	}
	return event, nil
}

// decodeImported leaves resources alone: they repeat the finding's id, and the id is proven from the finding.
func decodeImported(m message, event *Event) error {
	event.Kind = Imported
	return decodeFindings(m, event)
}

// decodeAction keeps the ARN of the action: the gate compares it with ours.
func decodeAction(m message, event *Event) error {
	if len(m.Resources) != 1 || m.Resources[0] == "" {
		return &Malformed{Field: "resources", Problem: "must hold the ARN of one custom action"}
	}
	event.Kind = CustomAction
	event.Action = m.Resources[0]
	return decodeFindings(m, event)
}

// decodeFindings reads what both kinds of findings share. AWS sends one finding an event today; older
// descriptions speak of several.
func decodeFindings(m message, event *Event) error {
	if !accountShape.MatchString(m.Account) {
		return &Malformed{Field: "account", Problem: "is not an account of 12 digits"}
	}
	if !names.IsRegion(m.Region) {
		return &Malformed{Field: "region", Problem: "is not a Region"}
	}
	at, err := time.Parse(time.RFC3339, m.Time)
	if err != nil {
		return &Malformed{Field: "time", Problem: "is not a time of RFC 3339", Err: err}
	}
	var detail detailOfEvent
	if err := json.Unmarshal(m.Detail, &detail); err != nil {
		return &Malformed{Field: "detail", Problem: "does not hold findings", Err: err}
	}
	if err := uniqueKeys[detailOfEvent](m.Detail, "detail"); err != nil {
		return err
	}
	if len(detail.Findings) == 0 || len(detail.Findings) > maxFindings {
		return &Malformed{
			Field:   "detail.findings",
			Problem: fmt.Sprintf("holds %d findings, expected 1 to %d", len(detail.Findings), maxFindings),
		}
	}
	event.Time, event.Findings = at, detail.Findings
	return nil
}

// decodeCheck takes only ids that are safe in a key of the table.
func decodeCheck(m message, event *Event) error {
	if !runShape.MatchString(m.Run) {
		return &Malformed{Field: "run", Problem: "is not the id of a run"}
	}
	event.Kind, event.Run = Check, m.Run
	return nil
}

func decodeSweep(_ message, event *Event) error {
	event.Kind = Sweep
	return nil
}

// From refuses an event of another hub than the one a custom action belongs to. Any error is an *Identity.
func (e Event) From(action string) error {
	ours, _ := parseARN(action)
	if ours.account == "" || e.Account != ours.account {
		return refuse("account", ForeignHub, e.Account, "the hub of "+action)
	}
	return nil
}

// echo is how long after a note of ours an event may be the one that the note itself has caused.
const echo = time.Minute

// Echoes tells that a finding is reported only because Salve has written a note alone on it just now. A check of
// Security Hub since is news: a note does not change when it looked last.
func (e Event) Echoes(f Finding) bool {
	return e.Kind == Imported && !f.Aside.IsZero() && e.Time.Sub(f.Aside).Abs() <= echo && !f.UpdatedAt.After(f.Aside)
}

// Identify proves a finding of this event and notes where it came from.
func (e Event) Identify(raw Raw, standards Standards) (Finding, error) {
	f, err := Identify(raw, standards)
	if err != nil {
		return Finding{}, err
	}
	if names.PartitionOf(e.Region) != f.Partition {
		return Finding{}, refuse("region", ForgedPartition, e.Region, "a Region of partition "+f.Partition)
	}
	f.EventID, f.HubAccount, f.HubRegion = e.ID, e.Account, e.Region
	return f, nil
}

// Unproven is what is needed to answer who clicked on a finding whose identity does not hold; false where Security Hub
// could have no such finding. Nothing may be done on the strength of it. The control is what it claims, if it exists.
func (e Event) Unproven(raw Raw, standards Standards) (Finding, bool) {
	possible := anyProduct.MatchString(raw.ProductArn) && accountShape.MatchString(raw.AwsAccountID) &&
		raw.ID != "" && len(raw.ID) <= maxID && printable(raw.ID)
	claimed, _ := standards.Canonical(raw.Compliance.SecurityControlID)
	return Finding{
		API: ASFF, ID: raw.ID, ProductArn: raw.ProductArn, Account: raw.AwsAccountID, Control: claimed,
		EventID: e.ID, HubAccount: e.Account, HubRegion: e.Region,
	}, possible
}
