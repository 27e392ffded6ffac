"""The floor of the benchmark: a FastAPI service that creates and validates standard shares, in the shape of the
Python service of 2022: the same packages in the same versions, handlers and the check of the password as plain
functions, which FastAPI runs in threads, and four lines on the log for each question besides uvicorn's own.
Unlike there, no line holds a token.

SECRET_KEY, USERS, SERVER_IDENTIFIER, PUBLIC_ORTHANC_ROOT and PUBLIC_LANDING_ROOT are its settings.
"""

import json
import logging
import os
import secrets
from datetime import datetime, timezone
from enum import Enum
from typing import List, Optional
from urllib.parse import urlencode

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import RedirectResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, Field

SECRET_KEY = os.environ["SECRET_KEY"]
USERS = json.loads(os.environ["USERS"])
SERVER_IDENTIFIER = os.environ["SERVER_IDENTIFIER"]
PUBLIC_ORTHANC_ROOT = os.environ["PUBLIC_ORTHANC_ROOT"]
PUBLIC_LANDING_ROOT = os.environ["PUBLIC_LANDING_ROOT"]
LONGEST_VALIDITY = 60

logging.basicConfig(level=logging.INFO)
app = FastAPI(openapi_url=None)


def kebab(name: str) -> str:
    return name.replace("_", "-")


class Model(BaseModel):
    class Config:
        alias_generator = kebab
        allow_population_by_field_name = True


class Study(Model):
    dicom_uid: Optional[str] = None
    orthanc_id: Optional[str] = None


class ShareType(str, Enum):
    osimis_viewer_publication = "osimis-viewer-publication"
    stone_viewer_publication = "stone-viewer-publication"


class ShareRequest(Model):
    id: Optional[str] = None
    studies: List[Study] = Field(min_items=1)
    anonymized: bool = False
    type: ShareType
    expiration_date: Optional[datetime] = None


class Share(BaseModel):
    request: ShareRequest
    token: str
    url: str


class Question(Model):
    dicom_uid: Optional[str] = None
    orthanc_id: Optional[str] = None
    identifier: Optional[str] = None
    level: str
    method: str
    token_value: Optional[str] = None


class Answer(BaseModel):
    granted: bool
    validity: int


def authorize(credentials: HTTPBasicCredentials = Depends(HTTPBasic())):
    password = USERS.get(credentials.username, "")
    same = secrets.compare_digest(password.encode(), credentials.password.encode())
    if not (password and same):
        raise HTTPException(401, "Incorrect username or password.", {"WWW-Authenticate": "Basic"})


def share_of(token: str) -> ShareRequest:
    return ShareRequest(**jwt.decode(token, SECRET_KEY, algorithms=["HS256"]))


def has_expired(share: ShareRequest) -> bool:
    return share.expiration_date is not None and share.expiration_date <= datetime.now(timezone.utc)


def is_shared(question: Question, study: Study) -> bool:
    pairs = [(question.dicom_uid, study.dicom_uid), (question.orthanc_id, study.orthanc_id)]
    known = [(asked, shared) for asked, shared in pairs if asked and shared]
    return bool(known) and all(asked == shared for asked, shared in known)


def is_granted(question: Question, token: str) -> bool:
    logging.warning("decoding")
    try:
        share = share_of(token)
    except (jwt.InvalidTokenError, ValueError):
        logging.warning("Token Validation: failed to decode token")
        return False
    logging.warning("decoded")
    return (
        question.method == "get"
        and question.level == "study"
        and question.identifier == SERVER_IDENTIFIER
        and not share.anonymized
        and not has_expired(share)
        and any(is_shared(question, study) for study in share.studies)
    )


@app.post("/shares/validate", dependencies=[Depends(authorize)])
def validate(question: Question, token: Optional[str] = Header(default=None)):
    logging.info("validating share: " + question.json(exclude={"token_value"}))
    granted = is_granted(question, token or question.token_value or "")
    answer = Answer(granted=granted, validity=LONGEST_VALIDITY)
    logging.info("validate share: " + answer.json())
    return answer


@app.put("/shares", dependencies=[Depends(authorize)])
def create(share: ShareRequest):
    logging.info("creating share: " + share.json())
    claims = json.loads(share.json())
    claims["jti"] = secrets.token_hex(16)
    if share.expiration_date is not None:
        claims["exp"] = int(share.expiration_date.timestamp())
    token = jwt.encode(claims, SECRET_KEY, algorithm="HS256")
    return Share(request=share, token=token, url=f"{PUBLIC_LANDING_ROOT}?{urlencode({'token': token})}")


@app.get("/welcome/")
def welcome(token: str):
    try:
        share = share_of(token)
    except (jwt.InvalidTokenError, ValueError) as error:
        raise HTTPException(403, "the link does not open") from error
    if has_expired(share):
        raise HTTPException(410, "the link has expired")
    studies = ",".join(study.dicom_uid or "" for study in share.studies)
    query = urlencode({"study": studies, "token": token})
    return RedirectResponse(f"{PUBLIC_ORTHANC_ROOT}stone-webviewer/index.html?{query}", 307)
