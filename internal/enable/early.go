package enable

import (
	"errors"
	"net"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/fault"
)

// early tells whether an error may pass by itself: AWS is busy, or does not know the administrator yet. What IAM denies
// does not pass, nor what Salve refuses.
func early(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return fault.Of(err) == fault.Retry
	}
	if fault.Denier(err) != "" || strings.Contains(answer.ErrorMessage(), "is not authorized to perform") ||
		absent(err) || fault.Expired(err) {
		return false
	}
	switch fault.Of(err) {
	case fault.Retry, fault.Denied, fault.Invalid:
		return true // services say all of these of an administrator who was named a minute ago
	case fault.None, fault.NotOnboarded, fault.Gone, fault.Refused, fault.Unverified, fault.Drifted, fault.Unknown:
	}
	return false
}

// absent recognises how it looks when a service is not in a Region, or the Region is not enabled.
func absent(err error) bool {
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return true
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.ErrorCode() {
	case "UnrecognizedClientException", "SubscriptionRequiredException", "OptInRequired", "RegionDisabledException":
		return true
	}
	return false
}
