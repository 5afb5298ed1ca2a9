package lab

import (
	"regexp"
	"strconv"
	"time"
)

// isoTime is a time that an emulator answers as a text.
var isoTime = regexp.MustCompile(`"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?)"`)

// inSeconds brings times into the seconds that the JSON protocols of AWS carry, for the services whose emulator answers
// texts: newer clients refuse those.
func (a *answer) inSeconds(service string) *answer {
	if service != "dms" && service != "elasticmapreduce" {
		return a
	}
	a.body = isoTime.ReplaceAllFunc(a.body, func(text []byte) []byte {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if at, err := time.Parse(layout, string(text[1:len(text)-1])); err == nil {
				return strconv.AppendInt(nil, at.Unix(), 10)
			}
		}
		return text
	})
	return a
}
