package notice

import "encoding/base64"

// maxMessage is what text and event may have together, in bytes: SNS takes 262,144 with all attributes, which are cut.
const maxMessage = 258_000

// Message is a notice as one message of SNS: people read the text, as a mail, and programs an attribute of it.
type Message struct {
	Subject, Text string
	// Event is the JSON of Machine in base64. SNS does not match filter policies against attributes with quotes in
	// them, and with a message in several forms (MessageStructure) it promises no attributes at all.
	Event string
}

// NewMessage lays a notice out. One that is too large, with hostile texts in long lists, shows fewer changes and
// entries, and says in both forms how many it leaves out.
func NewMessage(n Notice) (Message, error) {
	for show := whole(); ; show = show.half() {
		event, err := machine(n, show)
		if err != nil {
			return Message{}, err
		}
		m := Message{
			Subject: subjectText(headline(n)), Text: newMail(n, show).String(),
			Event: base64.StdEncoding.EncodeToString([]byte(event)),
		}
		if len(m.Text)+len(m.Event) <= maxMessage || show == (lists{}) {
			return m, nil
		}
	}
}

// lists is how many changes and entries a notice shows.
type lists struct{ changes, entries int }

// whole are as many as a reader has patience for.
func whole() lists { return lists{maxChanges, maxEntries} }

func (l lists) half() lists { return lists{l.changes / 2, l.entries / 2} }
