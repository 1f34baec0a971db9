#include "tencent_codes.h"

#include <algorithm>
#include <array>

namespace sms {
namespace {

constexpr pw_outcome kAccepted = PW_OUTCOME_ACCEPTED;
constexpr pw_outcome kHold = PW_OUTCOME_HOLD;
constexpr pw_outcome kNever = PW_OUTCOME_REJECTED;
constexpr pw_outcome kLater = PW_OUTCOME_RETRY;
constexpr pw_outcome kUnknown = PW_OUTCOME_UNKNOWN;  // its own back end did not answer

constexpr std::uint32_t kMinute = 60;
constexpr std::uint32_t kHour = 3'600;

constexpr std::string_view kClock = "set the clock of this machine right";
constexpr std::string_view kKeys = "check secret_id, secret_key_file and the rights of the key";
constexpr std::string_view kPlugin = "tell those who look after this plugin";
constexpr std::string_view kSign = "check sign_name: it must be approved in the SMS console";
constexpr std::string_view kTemplate =
    "check the template setting: approved in the SMS console, with as many parameters";
constexpr std::string_view kConsoleLimit = "the limit stands in the SMS console";
constexpr std::string_view kApp = "check sdk_app_id in the SMS console";

// The codes of the call as a whole and those of single numbers.
constexpr std::array kCodes = {
    TencentCode{"ActionOffline", kHold, 0, kPlugin},
    TencentCode{"AuthFailure", kHold, 0, kKeys},
    TencentCode{"AuthFailure.SignatureExpire", kLater, kMinute, kClock},
    TencentCode{"DryRunOperation", kHold, 0, kPlugin},
    TencentCode{"FailedOperation", kHold, 0, "look the code up in the documents of SendSms"},
    TencentCode{"FailedOperation.ContainSensitiveWord", kNever, 0, ""},
    TencentCode{"FailedOperation.FailResolvePacket", kHold, 0, kPlugin},
    TencentCode{"FailedOperation.InsufficientBalanceInSmsPackage", kHold, 0, "buy an SMS package"},
    TencentCode{"FailedOperation.JsonParseFail", kHold, 0, kPlugin},
    TencentCode{"FailedOperation.MarketingSendTimeConstraint", kLater, kHour, ""},
    TencentCode{"FailedOperation.MissingSignature", kHold, 0, kSign},
    TencentCode{"FailedOperation.MissingTemplateList", kHold, 0, kTemplate},
    TencentCode{"FailedOperation.PhoneNumberInBlacklist", kNever, 0, ""},
    TencentCode{"FailedOperation.PhoneNumberParseFail", kNever, 0, ""},
    TencentCode{"FailedOperation.SignIdNotExist", kHold, 0, kSign},
    TencentCode{"FailedOperation.SignatureIncorrectOrUnapproved", kHold, 0, kSign},
    TencentCode{"FailedOperation.TemplateIdNotExist", kHold, 0, kTemplate},
    TencentCode{"FailedOperation.TemplateIncorrectOrUnapproved", kHold, 0, kTemplate},
    TencentCode{"FailedOperation.TemplateParamSetNotMatchApprovedTemplate", kHold, 0, kTemplate},
    TencentCode{"FailedOperation.TemplateUnapprovedOrNotExist", kHold, 0, kTemplate},
    TencentCode{"InternalError", kLater, 0, ""},
    TencentCode{"InternalError.JsonParseFail", kHold, 0, kPlugin},
    TencentCode{"InternalError.ParseBackendResponseFail", kUnknown, 0, ""},
    TencentCode{"InternalError.RequestTimeException", kLater, kMinute, kClock},
    TencentCode{"InternalError.RestApiInterfaceNotExist", kHold, 0, kPlugin},
    TencentCode{"InternalError.SendAndRecvFail", kUnknown, 0, ""},
    TencentCode{"InternalError.SigFieldMissing", kHold, 0, kPlugin},
    TencentCode{"InternalError.SigVerificationFail", kHold, 0, kKeys},
    TencentCode{"InternalError.Timeout", kUnknown, 0, ""},
    TencentCode{"InvalidAction", kHold, 0, kPlugin},
    TencentCode{"InvalidParameter", kHold, 0, "check the settings of the channel"},
    TencentCode{"InvalidParameter.DirtyWordFound", kNever, 0, ""},
    TencentCode{"InvalidParameterValue", kHold, 0, "check the settings of the channel"},
    TencentCode{"InvalidParameterValue.ContentLengthLimit", kNever, 0, ""},
    TencentCode{"InvalidParameterValue.IncorrectPhoneNumber", kNever, 0, ""},
    TencentCode{"InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", kNever, 0, ""},
    TencentCode{"InvalidParameterValue.SdkAppIdNotExist", kHold, 0, kApp},
    TencentCode{"InvalidParameterValue.SdkAppidNotExist", kHold, 0, kApp},
    TencentCode{"InvalidParameterValue.TemplateParameterFormatError", kHold, 0, kTemplate},
    TencentCode{"InvalidParameterValue.TemplateParameterLengthLimit", kHold, 0,
                "certify the account as that of a company, or leave the long fact out"},
    TencentCode{"InvalidRequest", kHold, 0, kPlugin},
    TencentCode{"IpInBlacklist", kHold, 0, "ask Tencent Cloud to let this address in"},
    TencentCode{"IpNotInWhitelist", kHold, 0, "let this address in, in the console"},
    TencentCode{"LimitExceeded", kLater, 0, ""},
    TencentCode{"LimitExceeded.AppCountryOrRegionDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.AppCountryOrRegionInBlacklist", kHold, 0,
                "let the country in, in the SMS console"},
    TencentCode{"LimitExceeded.AppDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.AppGlobalDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.AppMainlandChinaDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.DailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.DeliveryFrequencyLimit", kLater, kMinute, kConsoleLimit},
    TencentCode{"LimitExceeded.PhoneNumberCountLimit", kHold, 0, kPlugin},
    TencentCode{"LimitExceeded.PhoneNumberDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.PhoneNumberOneHourLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.PhoneNumberSameContentDailyLimit", kLater, kHour, kConsoleLimit},
    TencentCode{"LimitExceeded.PhoneNumberThirtySecondLimit", kLater, 30, kConsoleLimit},
    TencentCode{"MissingParameter", kHold, 0, "check the settings of the channel"},
    TencentCode{"NoSuchProduct", kHold, 0, "check endpoint"},
    TencentCode{"NoSuchVersion", kHold, 0, "check endpoint"},
    TencentCode{"Ok", kAccepted, 0, ""},
    TencentCode{"RequestLimitExceeded", kLater, 0, ""},
    TencentCode{"RequestSizeLimitExceeded", kHold, 0, kPlugin},
    TencentCode{"ResourceInUse", kLater, 0, ""},
    TencentCode{"ResourceInsufficient", kHold, 0, "buy an SMS package"},
    TencentCode{"ResourceNotFound", kHold, 0, "check the settings of the channel"},
    TencentCode{"ResourceUnavailable", kLater, 0, ""},
    TencentCode{"ResponseSizeLimitExceeded", kUnknown, 0, ""},
    TencentCode{"ServiceUnavailable", kLater, 0, ""},
    TencentCode{"UnauthorizedOperation", kHold, 0, kKeys},
    TencentCode{"UnauthorizedOperation.RequestIpNotInWhitelist", kHold, 0,
                "let this address in, in the SMS console"},
    TencentCode{"UnauthorizedOperation.SdkAppIdIsDisabled", kHold, 0, kApp},
    TencentCode{"UnauthorizedOperation.ServiceSuspendDueToArrears", kHold, 0, "pay the arrears"},
    TencentCode{"UnauthorizedOperation.SmsSdkAppIdVerifyFail", kHold, 0, kApp},
    TencentCode{"UnknownParameter", kHold, 0, kPlugin},
    TencentCode{"UnsupportedOperation", kHold, 0, "check the settings of the channel"},
    TencentCode{"UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone", kNever, 0, ""},
    TencentCode{"UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", kHold, 0,
                kPlugin},
    TencentCode{"UnsupportedOperation.GlobalTemplateToChineseMainlandPhone", kNever, 0, ""},
    TencentCode{"UnsupportedOperation.UnsuportedRegion", kNever, 0, ""},  // its own spelling
    TencentCode{"UnsupportedOperation.UnsupportedRegion", kNever, 0, ""},
    TencentCode{"UnsupportedProtocol", kHold, 0, "check endpoint"},
    TencentCode{"UnsupportedRegion", kHold, 0, "check region"},
};

constexpr bool by_code(const TencentCode& left, const TencentCode& right) {
  return left.code < right.code;
}

static_assert(std::is_sorted(kCodes.begin(), kCodes.end(), by_code));

constexpr TencentCode kNoRow{"", kHold, 0, "look the code up in the documents of SendSms"};

const TencentCode* row_of(std::string_view code) {
  const auto row =
      std::lower_bound(kCodes.begin(), kCodes.end(), TencentCode{code, kHold, 0, ""}, by_code);
  return row != kCodes.end() && row->code == code ? &*row : nullptr;
}

}  // namespace

std::span<const TencentCode> tencent_codes() {
  return kCodes;
}

const TencentCode& tencent_code(std::string_view code) {
  if (const TencentCode* row = row_of(code)) return *row;
  const auto dot = code.find('.');
  const TencentCode* family = dot == std::string_view::npos ? nullptr : row_of(code.substr(0, dot));
  return family == nullptr ? kNoRow : *family;
}

}  // namespace sms
